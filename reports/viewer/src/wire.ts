// What an emulated link did. Its decisions are one list of the report, and when each was made, which
// differs from run to run, is another: both are cut alike, and joined here.
import { h } from "./dom";
import { count, nanoseconds, whole } from "./format";
import type { Case, Side, WireDecision, WireLane } from "./types";

// `captured`: the packet's number in the capture at its sender's end.
export interface Decision extends WireDecision { time_ns?: number; captured?: number }

export function decisionsOf(one: Case): Decision[] {
  const decisions = one.wire?.decisions ?? [], moments = one.wire_link?.moments ?? [];
  if (moments.length !== decisions.length) return decisions;
  return decisions.map((decision, i) => ({ ...decision, time_ns: moments[i]?.time_ns, captured: moments[i]?.packet }));
}

export const senderOf = (decision: WireDecision): Side | null =>
  /^client/.test(decision.direction) ? "client" : /^server/.test(decision.direction) ? "server" : null;

export function wireSection(one: Case): HTMLElement | null {
  const { wire, wire_link: link } = one;
  if (!wire) return null;
  const lane = (name: string, l: WireLane | undefined) => l && h("tr", {}, h("th", { scope: "row" }, name), ...[l.received, l.forwarded, l.dropped_by_rule, l.dropped_by_condition].map((n) => h("td", { class: "num" }, whole(n))));
  const headings = (names: string[], numbers: boolean) => h("thead", {}, h("tr", {}, ...names.map((name, i) => h(name === "" ? "td" : "th", name === "" ? {} : { scope: "col", class: numbers || i === 0 ? "num" : "" }, name))));
  return h("details", { class: "more" }, h("summary", {}, `The wire: ${count(wire.decisions.length + (wire.decisions_left_out ?? 0), "decision")}, seed ${wire.seed}`),
    (link?.lost ?? 0) > 0 && h("p", { class: "not-ok" }, `The link itself lost ${whole(link?.lost ?? 0)} frames.`),
    h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "The wire" },
      link && h("table", { class: "plain" }, h("caption", {}, "Frames"), headings(["", "received", "forwarded", "dropped by rule", "by condition"], true), h("tbody", {}, lane("client → server", link.client_to_server), lane("server → client", link.server_to_client))),
      h("table", { class: "plain" }, h("caption", {}, "Decisions"), headings(["at", "what", "by", "packet", "in its sender's capture"], false),
        h("tbody", {}, ...decisionsOf(one).map((d) => h("tr", {}, h("td", { class: "num" }, d.time_ns === undefined ? "" : nanoseconds(d.time_ns)), h("td", {}, d.deed, d.detail && h("span", { class: "faint" }, ` ${d.detail}`)),
          h("td", {}, `${d.cause} ${d.name}`), h("td", { class: "mono" }, `${d.direction} ${d.packet ?? ""}`), h("td", {}, d.captured ? `packet ${whole(d.captured)}` : "")))))),
    wire.decisions_left_out !== undefined && h("p", { class: "faint" }, `${whole(wire.decisions_left_out)} decisions in the middle are left out.`));
}
