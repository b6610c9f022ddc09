// The ladder diagram: both ends' time lines with their states as bars, and the packets between them.
// Only the rows in sight and some beyond are drawn, and anew only when those run out: ten thousand
// packets are walked and scrolled as ten are.
import { h, s } from "./dom";
import { whole, bytes } from "./format";
import type { Arrow, LadderRow, LadderRows, Span } from "./ladder_rows";
import { aroundPrint, isPrinting, sheetWidth } from "./print";
import type { Side } from "./types";

const rowHeight = 30, lineAt = 21, beyond = 24, mostPrinted = 400;

const short: Record<string, string> = {
  SYN_SENT: "SYN-SENT", SYN_RECEIVED: "SYN-RCVD", ESTABLISHED: "ESTAB", FIN_WAIT_1: "FIN-W1", FIN_WAIT_2: "FIN-W2",
  CLOSE_WAIT: "CLOSE-W", LAST_ACK: "LAST-ACK", TIME_WAIT: "TIME-W",
};

interface Places { width: number; narrow: boolean; time: number; client: number; server: number; middle: number; room: number }

function placesFor(width: number, hasStates: boolean): Places {
  const narrow = width < 620;
  const gutter = narrow ? 34 : 126, states = !hasStates ? 16 : narrow ? 66 : 122;
  const client = gutter + states, server = width - states;
  return { width, narrow, time: gutter - 8, client, server, middle: (client + server) / 2, room: server - client };
}

const characters = (pixels: number) => Math.max(4, Math.floor(pixels / 7.3));
const cut = (text: string, most: number) => (text.length > most ? text.slice(0, Math.max(1, most - 1)) + "…" : text);

export function labelOf(arrow: Arrow, most: number): string {
  const flags = arrow.flags.join(" ");
  const numbers = [arrow.seq !== undefined && `seq ${arrow.seq}`, arrow.ack !== undefined && `ack ${arrow.ack}`, arrow.seq !== undefined && arrow.length > 0 && `len ${arrow.length}`,
    arrow.seq === undefined && bytes(arrow.length)].filter(Boolean).join("  ");
  const all = [flags, numbers, arrow.note, arrow.marks.join(", ")].filter(Boolean).join("  ");
  if (all.length <= most) return all;
  const some = [flags, arrow.seq !== undefined ? `${arrow.seq}${arrow.length ? "+" + arrow.length : ""}` : bytes(arrow.length), arrow.marks[0] ?? arrow.note].filter(Boolean).join(" ");
  return cut(some, most);
}

export function spoken(row: LadderRow, of: LadderRows): string {
  switch (row.kind) {
    case "arrow": {
      const to = row.from === "client" ? "server" : "client";
      const changes = (["client", "server"] as const).map((side) => {
        const span = of.spans[side].find((one) => of.rows[one.row] === row);
        return span ? `${side} becomes ${span.state}` : "";
      }).filter(Boolean);
      const time = row.time === undefined ? "" : `at ${((row.time - of.start) / 1e6).toFixed(3)} ms`;
      return [`packet ${row.packet}, ${row.from} to ${to}`, labelOf(row, 1000), time, row.wire && `${row.wire.deed} by ${row.wire.cause} ${row.wire.name}`, ...changes,
        ...row.findings.map((finding) => `breaks ${finding.rule}`)].filter(Boolean).join(", ");
    }
    case "kernel": return `the ${row.side}'s kernel says ${row.state} (${row.what})${row.packets && row.packets !== row.state ? `, the packets ${row.differs ? "" : "seen here so far "}say ${row.packets}` : ""}`;
    case "wire": return `wire: ${row.decision.deed} by ${row.decision.cause} ${row.decision.name} ${row.decision.packet ?? ""} ${row.decision.detail ?? ""}`;
    case "finding": return `finding ${row.finding.rule}: expected ${row.finding.expected}, observed ${row.finding.observed}`;
    case "gap": return row.text;
    case "fold": return `${row.count} packets folded, press Enter to unfold`;
  }
}

const tone = (arrow: Arrow) =>
  arrow.flags.includes("RST") ? "rst" : arrow.flags.includes("SYN") ? "syn" : arrow.flags.includes("FIN") ? "fin" : arrow.length > 0 ? "data" : "ack";

function drawArrow(row: Arrow, of: LadderRows, at: Places): SVGElement[] {
  const out: SVGElement[] = [s("text", { class: "number", x: at.narrow ? at.time : 44, y: lineAt }, row.packet)];
  if (!at.narrow && row.time !== undefined) out.push(s("text", { class: "time", x: at.time, y: lineAt }, ((row.time - of.start) / 1e6).toFixed(3)));
  const right = row.from === "client";
  const from = right ? at.client + 7 : at.server - 7, whole_way = right ? at.server - 7 : at.client + 7;
  const stopped = row.wire && /dropped|held/.test(row.wire.deed);
  const to = stopped ? from + (whole_way - from) * 0.55 : whole_way;
  const sign = right ? 1 : -1;
  const again = row.marks.some((mark) => /retrans|duplicate|spurious|keep-alive|probe/.test(mark));
  out.push(s("line", { class: `shaft${again ? " again" : ""}`, x1: from, y1: lineAt, x2: to - 7 * sign, y2: lineAt }));
  out.push(stopped
    ? s("text", { class: "stop", x: to, y: lineAt + 5 }, /held/.test(row.wire?.deed ?? "") ? "‖" : "✕")
    : s("polygon", { class: "head", points: `${to},${lineAt} ${to - 9 * sign},${lineAt - 4.5} ${to - 9 * sign},${lineAt + 4.5}` }));
  let most = characters(at.room - 24);
  if (stopped) {
    const by = `${row.wire?.deed} by ${row.wire?.name}`;
    const space = characters(at.room * 0.42 - 16);
    out.push(s("text", { class: "by", x: to + 12 * sign, y: lineAt + 4, "text-anchor": right ? "start" : "end" }, cut(by, space)));
  }
  const label = labelOf(row, most);
  out.push(s("text", { class: "label", x: at.middle, y: lineAt - 7 }, label));
  if (row.findings.length > 0) out.push(s("text", { class: "sign", x: at.narrow ? 2 : 4, y: lineAt }, row.findings.some((f) => f.severity === "must") ? "✗" : "!"));
  return out;
}

function drawOther(row: LadderRow, at: Places): SVGElement[] {
  const y = lineAt - 4;
  switch (row.kind) {
    case "kernel": {
      const x = row.side === "client" ? at.client : at.server, client = row.side === "client";
      const agrees = row.packets === "" || row.packets === row.state;
      const text = cut(`kernel: ${row.state}${agrees ? " ✓" : row.differs ? `, packets: ${row.packets}` : `, not yet seen here: ${row.packets}`}${at.narrow ? "" : `  (${row.what})`}`, characters(at.room - 24));
      return [s("path", { class: `diamond ${row.differs ? "differs" : ""}`, d: `M${x} ${y - 10}l7 7l-7 7l-7 -7z` }),
        s("text", { class: "said", x: client ? x + 14 : x - 14, y, "text-anchor": client ? "start" : "end" }, text)];
    }
    case "wire": {
      const right = row.from !== "server";
      const text = cut(`wire: ${row.decision.deed} ${row.decision.packet ?? ""} by ${row.decision.name}${row.decision.detail ? ` (${row.decision.detail})` : ""}`, characters(at.room - 24));
      const out: SVGElement[] = [s("text", { class: "wired", x: at.middle, y: lineAt - 7 }, text)];
      if (row.from === null) return out;
      const from = right ? at.client + 7 : at.server - 7, end = right ? at.server - 7 : at.client + 7, half = (from + end) / 2, sign = right ? 1 : -1;
      if (/dropped|held/.test(row.decision.deed)) {
        out.push(s("line", { class: "shaft wired", x1: from, y1: lineAt, x2: half - 8 * sign, y2: lineAt }), s("text", { class: "stop", x: half, y: lineAt + 5 }, /held/.test(row.decision.deed) ? "‖" : "✕"));
      } else if (/released|duplicated|delayed|reordered|answered/.test(row.decision.deed)) {
        out.push(s("circle", { class: "knot", cx: half, cy: lineAt, r: 3 }), s("line", { class: "shaft wired", x1: half + 4 * sign, y1: lineAt, x2: end - 7 * sign, y2: lineAt }),
          s("polygon", { class: "head wired", points: `${end},${lineAt} ${end - 9 * sign},${lineAt - 4.5} ${end - 9 * sign},${lineAt + 4.5}` }));
      } else {
        out.push(s("circle", { class: "knot", cx: half, cy: lineAt, r: 3 }));
      }
      return out;
    }
    case "finding": {
      const f = row.finding;
      return [s("text", { class: "sign", x: at.narrow ? 2 : 4, y: lineAt - 2 }, f.inconclusive ? "?" : f.severity === "must" ? "✗" : "!"),
        s("text", { class: "told", x: at.narrow ? 16 : 24, y: lineAt - 2 }, cut(`${f.rule}: wanted ${f.expected}; saw ${f.observed}`, characters(at.width - 40)))];
    }
    case "gap": return [s("line", { class: "break", x1: at.client + 14, y1: 15, x2: at.server - 14, y2: 15 }), gapText(at, row.text)];
    case "fold": return [s("rect", { class: "folded", x: at.client + 24, y: 3, width: Math.max(10, at.room - 48), height: 24, rx: 12 }),
      s("text", { class: "folds", x: at.middle, y: 19 }, cut(`▸ ${whole(row.count)} packets of data and acknowledgements, ${bytes(row.bytes)}`, characters(at.room - 64)))];
    default: return [];
  }
}

function gapText(at: Places, text: string): SVGElement {
  const shown = cut(text, characters(at.room - 40));
  const width = shown.length * 6.8 + 16;
  return s("g", {}, s("rect", { class: "gap-back", x: at.middle - width / 2, y: 4, width, height: 22 }), s("text", { class: "gap", x: at.middle, y: 19 }, shown));
}

export interface LadderView { element: HTMLElement; select(packet: number): boolean; stop(): void }

// `chosen` is told of every row that is walked to; `unfold` of a fold that is opened.
export function ladder(of: LadderRows, first: number | undefined, chosen: (row: LadderRow | null) => void, unfold: (key: number) => void): LadderView {
  const total = of.rows.length * rowHeight + 10;
  const hasStates = of.spans.client.length + of.spans.server.length > 0;
  const bars = s("g", { "aria-hidden": "true", class: "bars" });
  const canvas = s("svg", { class: "canvas", role: "presentation" });
  const space = h("div", { class: "space", role: "presentation" }, canvas);
  space.style.height = `${total}px`;
  const list = h("div", {
    class: "ladder", role: "listbox", tabindex: 0,
    "aria-label": `Packets between client ${of.client} and server ${of.server}: arrow keys walk, n and p go to findings`,
  }, space);
  let selected = -1, from = 0, to = 0, width = 0, queued = 0;
  let drawn: SVGGElement[] = [];  // rows `from` to `to`

  const drawBar = (side: Side, at: Places): SVGElement[] => {
    const spans: Span[] = of.spans[side];
    const x = side === "client" ? at.client : at.server;
    const out: SVGElement[] = [];
    const y = (row: number) => (row - from) * rowHeight + lineAt;
    const bottom = (to - from) * rowHeight;
    if (spans.length === 0) return [s("line", { class: "life", x1: x, y1: 0, x2: x, y2: bottom })];
    let named = false;
    for (let i = 0; i < spans.length; ++i) {
      const span = spans[i] as Span, next = spans[i + 1];
      if (span.row >= to || (next && next.row < from)) continue;
      const top = span.row < from ? 0 : y(span.row), end = next && next.row < to ? y(next.row) : bottom;
      if (end <= top) continue;
      out.push(s("rect", { class: `state ${span.state}`, x: x - 5, y: top, width: 10, height: end - top }));
      // The one that is still on when the rows in sight begin is named at their top.
      const inSight = Math.floor(list.scrollTop / rowHeight);
      const above = span.row < inSight;
      if (above && (named || (next && next.row <= inSight))) continue;
      const name = at.narrow ? (short[span.state] ?? span.state) : span.state;
      out.push(s("text", { class: `state-name ${above ? "above" : ""}`, x: side === "client" ? x - 11 : x + 11,
        y: above ? Math.max(12, (inSight - from) * rowHeight + 14) : top + 4, "text-anchor": side === "client" ? "end" : "start" }, name));
      named = true;
    }
    return out;
  };

  const drawRow = (row: LadderRow, index: number, at: Places) => {
    const bad = row.kind === "finding" || (row.kind === "arrow" && row.findings.length > 0);
    return s("g", {
      id: `row-${index}`, role: "option", "aria-selected": String(index === selected),
      "aria-setsize": of.rows.length, "aria-posinset": index + 1, transform: `translate(0 ${(index - from) * rowHeight})`,
      class: `row ${row.kind} ${row.kind === "arrow" ? tone(row) : ""} ${bad ? "bad" : ""} ${index === selected ? "selected" : ""}`,
    }, s("title", {}, spoken(row, of)), s("g", { "aria-hidden": "true" }, s("rect", { class: "back", x: 0, y: 0, width, height: rowHeight, rx: 4 }),
      ...(row.kind === "arrow" ? drawArrow(row, of, at) : drawOther(row, at))));
  };
  const draw = (force: boolean) => {
    queued = 0;
    const all = of.rows.length, whole_list = isPrinting() && all <= mostPrinted;
    const firstSeen = Math.floor(list.scrollTop / rowHeight), lastSeen = Math.ceil((list.scrollTop + (list.clientHeight || 600)) / rowHeight);
    if (force || firstSeen < from || Math.min(all, lastSeen) > to) {
      from = whole_list ? 0 : Math.max(0, Math.min(firstSeen, all) - beyond);
      to = whole_list ? all : Math.min(all, lastSeen + beyond);
      width = Math.max(300, isPrinting() ? sheetWidth : list.clientWidth - 2);
      const at = placesFor(width, hasStates);
      drawn = of.rows.slice(from, to).map((row, i) => drawRow(row, from + i, at));
      canvas.setAttribute("width", String(width));
      canvas.setAttribute("height", String((to - from) * rowHeight + 8));
      canvas.style.top = `${from * rowHeight}px`;
      // Findings are told over the bars, across the whole width; the kernel's word stands on them.
      const over = drawn.filter((_, i) => /finding|kernel/.test(of.rows[from + i]?.kind ?? ""));
      canvas.replaceChildren(...drawn.filter((row) => !over.includes(row)), bars, ...over);
    }
    const at = placesFor(width, hasStates);
    bars.replaceChildren(...drawBar("client", at), ...drawBar("server", at));
    if (selected >= from && selected < to) list.setAttribute("aria-activedescendant", `row-${selected}`);
    else list.removeAttribute("aria-activedescendant");
  };
  const queue = () => { if (!queued) queued = requestAnimationFrame(() => draw(false)); };
  const mark = (index: number, on: boolean) => {
    drawn[index - from]?.classList.toggle("selected", on);
    drawn[index - from]?.setAttribute("aria-selected", String(on));
  };

  const choose = (index: number, scroll = true) => {
    if (index < 0 || index >= of.rows.length) return;
    mark(selected, false);
    selected = index;
    if (scroll) {
      const top = index * rowHeight;
      if (top < list.scrollTop + rowHeight) list.scrollTop = Math.max(0, top - rowHeight * 2);
      else if (top + rowHeight * 2 > list.scrollTop + list.clientHeight) list.scrollTop = top + rowHeight * 3 - list.clientHeight;
    }
    draw(false);
    mark(selected, true);
    chosen(of.rows[index] ?? null);
  };
  canvas.addEventListener("click", (event) => {
    const index = event.target instanceof Element ? drawn.indexOf(event.target.closest(".row") as SVGGElement) + from : -1;
    const row = index >= from ? of.rows[index] : undefined;
    if (!row) return;
    choose(index, false);
    if (row.kind === "fold") unfold(row.key);
  });
  const nextBad = (step: number) => {
    for (let i = selected + step; i >= 0 && i < of.rows.length; i += step) {
      const row = of.rows[i] as LadderRow;
      if (row.kind === "arrow" ? row.findings.length > 0 : row.kind === "finding" || row.kind === "wire") return choose(i);
    }
  };
  list.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(list.clientHeight / rowHeight) - 2);
    const keys: Record<string, () => void> = {
      ArrowDown: () => choose(selected + 1), ArrowUp: () => choose(Math.max(0, selected - 1)), j: () => choose(selected + 1), k: () => choose(Math.max(0, selected - 1)),
      PageDown: () => choose(Math.min(of.rows.length - 1, selected + page)), PageUp: () => choose(Math.max(0, selected - page)),
      Home: () => choose(0), End: () => choose(of.rows.length - 1), n: () => nextBad(1), p: () => nextBad(-1),
      Enter: () => { const row = of.rows[selected]; if (row?.kind === "fold") unfold(row.key); },
    };
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  list.addEventListener("scroll", queue, { passive: true });
  const resized = new ResizeObserver(() => { if (!isPrinting() && Math.max(300, list.clientWidth - 2) !== width) draw(true); });
  resized.observe(list);
  const printed = aroundPrint(() => draw(true), () => draw(true));

  const select = (packet: number) => {
    const index = of.rows.findIndex((row) => row.kind === "arrow" && row.packet === packet);
    if (index >= 0) choose(index);
    return index >= 0;
  };
  requestAnimationFrame(() => { draw(true); if (first !== undefined) select(first); });
  const head = h("div", { class: "ends" }, h("div", {}, h("b", {}, "client"), " ", h("span", { class: "mono" }, of.client)), h("div", {}, h("span", { class: "mono" }, of.server), " ", h("b", {}, "server")));
  return {
    element: h("div", { class: "ladder-box" }, head, list), select,
    stop: () => { resized.disconnect(); printed(); },
  };
}
