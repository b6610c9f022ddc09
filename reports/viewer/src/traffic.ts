// A case's connections or exchanges: which one is looked at, what came of it, its ladder and the
// packet that is chosen in it.
import { h } from "./dom";
import { bytes, endpoint, nanoseconds, whole } from "./format";
import { ladder, spoken, type LadderView } from "./ladder";
import { rowsOfConnection, rowsOfExchange, type LadderRow, type LadderRows } from "./ladder_rows";
import { panel } from "./packet_panel";
import { current, replace } from "./route";
import type { Case, Connection, Exchange } from "./types";

const fact = (name: string, value: string | false | undefined) => (value ? h("div", {}, h("dt", {}, name), h("dd", {}, value)) : null);

function connectionFacts(c: Connection): HTMLElement {
  const bits = (end: Connection["client"]) => [bytes(end.payload_bytes), end.retransmissions ? `${end.retransmissions} sent again` : ""].filter(Boolean).join(", ");
  const part = (name: string, value: string, verdict: string) => h("div", { class: `verdict ${verdict}` }, h("dt", {}, name), h("dd", {}, value, verdict === "passed" ? h("span", { class: "ok" }, " ✓") : h("span", { class: "not-ok" }, ` ${verdict === "failed" ? "✗" : "?"} ${verdict}`)));
  return h("dl", { class: "facts connection" },
    part("opening", c.opening, c.verdict_opening), part("closing", c.closing, c.verdict_closing),
    fact("closed first", c.closed_first === "-" ? "nobody" : c.closed_first),
    fact("half-close", c.half_close && "data after the first FIN"),
    part("client", `${c.client.state} after ${bits(c.client)}`, c.verdict_client), part("server", `${c.server.state} after ${bits(c.server)}`, c.verdict_server),
    fact("handshake", c.handshake_ns !== undefined && nanoseconds(c.handshake_ns)), fact("first byte", c.first_byte_ns !== undefined && nanoseconds(c.first_byte_ns)),
    fact("close", c.close_ns !== undefined && c.close_ns > 0 && nanoseconds(c.close_ns)), fact("packets", whole(c.segments.length + (c.segments_left_out ?? 0))));
}

function exchangeFacts(e: Exchange): HTMLElement {
  return h("dl", { class: "facts connection" }, fact("requests", whole(e.requests)), fact("answers", whole(e.answers)),
    fact("unanswered", e.unanswered > 0 && whole(e.unanswered)), fact("unpaired answers", e.unpaired_answers > 0 && whole(e.unpaired_answers)),
    fact("duplicates", e.duplicates > 0 && whole(e.duplicates)), fact("overtaken", e.reordered > 0 && whole(e.reordered)), fact("ICMP errors", e.icmp_errors > 0 && whole(e.icmp_errors)));
}

interface Shown { index: number; name: string; rows: (fold: boolean, open: Set<number>) => LadderRows; facts: () => HTMLElement; weight: number }

function all(one: Case): Shown[] {
  const connections = one.connections.map((c): Shown => ({
    index: c.index, name: `connection ${c.index}: ${endpoint(c.client)} → ${endpoint(c.server)}, ${c.opening}, ${c.closing}, ${c.verdict}`,
    rows: (fold, open) => rowsOfConnection(one, c, fold, open), facts: () => connectionFacts(c), weight: c.verdict === "failed" ? 0 : c.verdict === "inconclusive" ? 1 : c.findings.length ? 2 : 3,
  }));
  const exchanges = one.exchanges.map((e): Shown => ({
    index: e.index, name: `exchange ${e.index}: ${endpoint(e.client)} → ${endpoint(e.server)}, ${e.requests} requests, ${e.answers} answers`,
    rows: (fold, open) => rowsOfExchange(one, e, fold, open), facts: () => exchangeFacts(e), weight: e.unanswered || e.unpaired_answers ? 2 : 3,
  }));
  return [...connections, ...exchanges].sort((a, b) => a.weight - b.weight);
}

export interface TrafficView { element: HTMLElement; select(packet: number): void; stop(): void }

export function traffic(one: Case): TrafficView | null {
  const list = all(one);
  if (list.length === 0) return null;
  const route = current();
  const holding = (packet: number | undefined) => packet === undefined ? undefined
    : list.find((each) => each.rows(false, new Set()).packets.includes(packet));
  let shown = list.find((each) => each.index === route.connection) ?? holding(route.packet) ?? (list[0] as Shown);
  let fold = true, view: LadderView | null = null;
  const open = new Set<number>();
  const side = h("aside", { class: "panel", tabindex: 0, "aria-label": "The chosen packet" });
  const said = h("p", { class: "visually-hidden", "aria-live": "polite" });
  const place = h("div", {}), facts = h("div", {});
  const folding: HTMLButtonElement = h("button", { type: "button", class: "quiet", onclick: () => { fold = !fold; open.clear(); draw(current().packet); } });

  // The address follows at once, but not each of many keys: a browser bears some changes a second only.
  let told = 0, telling = 0;
  const tell = (packet: number) => {
    clearTimeout(telling);
    const act = () => {
      told = performance.now();
      replace({ ...current(), connection: list.length > 1 ? shown.index : undefined, packet });
    };
    const left = told + 250 - performance.now();
    if (told === 0 || left <= 0) act();
    else telling = setTimeout(act, left);
  };

  const draw = (packet: number | undefined) => {
    view?.stop();
    const rows = shown.rows(fold, open);
    const unfoldedRows = fold ? rows.rows.some((row) => row.kind === "fold") || open.size > 0 : true;
    folding.hidden = !unfoldedRows;
    folding.textContent = fold ? "show all packets" : "fold plain data";
    const chosen = (row: LadderRow | null) => {
      side.replaceChildren(panel(one, rows, row));
      side.classList.toggle("unchosen", row === null);
      if (!row) return;
      said.textContent = spoken(row, rows);
      if (row.kind === "arrow") tell(row.packet);
    };
    const next = ladder(rows, packet, chosen, (key) => {
      open.add(key);
      draw(key);
      (place.querySelector(".ladder") as HTMLElement | null)?.focus({ preventScroll: true });
    });
    view = next;
    place.replaceChildren(next.element);
    facts.replaceChildren(shown.facts());
    side.replaceChildren(panel(one, rows, null));
    side.classList.add("unchosen");
  };

  const select: HTMLSelectElement | null = list.length > 1 ? h("select", { "aria-label": "Which connection", onchange: () => {
    shown = list[Number(select?.value)] as Shown;
    open.clear();
    replace({ ...current(), connection: shown.index, packet: undefined });
    draw(undefined);
  } }, ...list.map((each, i) => h("option", { value: i }, each.name))) : null;
  if (select) select.value = String(list.indexOf(shown));
  draw(route.packet);

  const left = (one.connections_left_out ?? 0) + (one.exchanges_left_out ?? 0);
  return {
    element: h("section", { "aria-labelledby": "traffic" }, h("div", { class: "section-head" }, h("h2", { id: "traffic" }, "Packets"), folding),
      select && h("p", { class: "choose" }, select, left > 0 && h("span", { class: "faint" }, ` and ${whole(left)} that are only counted`)),
      facts, said, h("div", { class: "traffic" }, place, side)),
    select: (packet) => {
      if (view?.select(packet)) return;
      const other = holding(packet);
      if (!other) return;
      if (other !== shown) { shown = other; if (select) select.value = String(list.indexOf(shown)); } else fold = false;
      draw(packet);
    },
    stop: () => {
      clearTimeout(telling);
      view?.stop();
    },
  };
}
