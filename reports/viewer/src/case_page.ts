// One case: what it tried, what was wanted beside what was seen, its packets, steps and programs,
// and how to run it again.
import { caseAt, fileLink } from "./data";
import { copyButton, h, longText } from "./dom";
import { isFiltered, matches } from "./filters";
import { bytes, duration, endpoint, nanoseconds, quoted, whole } from "./format";
import { loadSection } from "./load";
import { fragment, type Route } from "./route";
import { badge, kindOf } from "./status";
import { traffic, type TrafficView } from "./traffic";
import type { Case, Finding, Run } from "./types";
import { wireSection } from "./wire";

const packetsShown = 12;

function findings(one: Case, go: (packet: number) => void): HTMLElement | null {
  if (one.findings.length === 0) return null;
  const rank = (f: Finding) => [f.inconclusive ? 1 : 0, ["must", "should", "note"].indexOf(f.severity), Math.min(Infinity, ...f.packets)] as const;
  const sorted = [...one.findings].sort((a, b) => { const x = rank(a), y = rank(b); return x[0] - y[0] || x[1] - y[1] || x[2] - y[2]; });
  const card = (finding: Finding) => h("li", { class: `finding ${finding.inconclusive ? "inconclusive" : finding.severity}` },
    h("div", { class: "finding-head" }, h("span", { class: "severity" }, finding.inconclusive ? "? not proven" : finding.severity === "must" ? "✗ must" : finding.severity === "should" ? "! should" : "i note"),
      h("b", { class: "mono" }, finding.rule), h("span", { class: "faint" }, finding.source, finding.blame !== "none" && ` · by the ${finding.blame}`, finding.where && ` · ${finding.where}`)),
    h("dl", { class: "versus" }, h("div", {}, h("dt", {}, "expected"), h("dd", {}, finding.expected)), h("div", {}, h("dt", {}, "observed"), h("dd", {}, finding.observed))),
    finding.packets.length > 0 && h("p", { class: "packets" }, finding.packets.length === 1 ? "packet " : "packets ",
      ...finding.packets.slice(0, packetsShown).map((packet) => h("button", { type: "button", class: "packet", onclick: () => go(packet) }, packet)),
      finding.packets.length > packetsShown && h("span", { class: "faint" }, ` and ${whole(finding.packets.length - packetsShown)} more`)));
  const first = sorted.slice(0, 20), rest = sorted.slice(20);
  const more = rest.length > 0 && h("details", {}, h("summary", {}, `and ${whole(rest.length)} more findings`), h("ul", { class: "findings" }, ...rest.map(card)));
  return h("section", { "aria-labelledby": "findings" }, h("h2", { id: "findings" }, "Findings"), h("ul", { class: "findings" }, ...first.map(card)), more,
    one.findings_left_out !== undefined && h("p", { class: "faint" }, `${whole(one.findings_left_out)} findings are left out of this report.`));
}

function steps(one: Case): HTMLElement | null {
  if (one.steps.length === 0) return null;
  const row = (step: Case["steps"][number], i: number) => h("tr", { class: step.ok ? "" : "bad" }, h("td", { class: "num" }, i + 1),
    h("td", {}, h("span", { class: "mono" }, step.step), step.why && h("div", { class: "faint" }, step.why),
      !step.ok && h("dl", { class: "versus" }, h("div", {}, h("dt", {}, "expected"), h("dd", {}, step.wanted ?? "")), h("div", {}, h("dt", {}, "observed"), h("dd", {}, step.seen ?? ""))),
      step.ok && step.seen && h("div", { class: "faint" }, step.seen)),
    h("td", { class: "num" }, step.start_ns !== undefined ? nanoseconds(step.start_ns) : ""),
    h("td", { class: "num" }, step.start_ns !== undefined && step.end_ns !== undefined ? nanoseconds(step.end_ns - step.start_ns) : ""),
    h("td", { class: step.ok ? "ok" : "not-ok" }, step.ok ? "✓" : "✗ missed"));
  return h("section", { "aria-labelledby": "steps" }, h("h2", { id: "steps" }, "Steps"), h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Steps" }, h("table", { class: "plain steps" },
    h("thead", {}, h("tr", {}, ...["", "step", "at", "took", ""].map((name, i) => h(i === 0 || i === 4 ? "td" : "th", i === 0 || i === 4 ? {} : { scope: "col", class: i > 1 ? "num" : "" }, name)))),
    h("tbody", {}, ...one.steps.map(row)))),
    one.steps_left_out !== undefined && h("p", { class: "faint" }, `${whole(one.steps_left_out)} steps in the middle are left out.`));
}

function programs(one: Case): HTMLElement | null {
  if (one.targets.length === 0) return null;
  const output = (name: string, text: string, all: number) => text === "" ? null
    : h("div", {}, h("p", { class: "faint label" }, name, all > text.length && ` (${bytes(all)} in all)`), longText(text));
  return h("section", { "aria-labelledby": "programs" }, h("h2", { id: "programs" }, "Programs"), ...one.targets.map((target) =>
    h("div", { class: "program" }, h("p", {}, h("b", {}, target.role), " ", h("code", {}, (target.command.length ? target.command : [target.name]).map(quoted).join(" "))),
      h("p", { class: "faint" }, target.exit, ` · ${duration(target.cpu_ms)} of CPU`), output("output", target.output, target.output_bytes), output("error output", target.error_output, target.error_bytes))));
}

function kernel(one: Case): HTMLElement | null {
  const k = one.kernel;
  const rows = [...k.readings.map((r) => ({ when: `${r.step.split(",", 1)[0]} (${r.side})`, socket: r.socket })), ...k.final_sockets.map((socket) => ({ when: "when all was quiet", socket })),
    ...k.destroyed.map((socket) => ({ when: "as it went", socket }))];
  if (rows.length === 0) return null;
  const info = (name: string) => (socket: Case["kernel"]["destroyed"][number]) => (socket.info?.[name] === undefined ? "" : whole(socket.info[name] as number));
  return h("details", { class: "more" }, h("summary", {}, `The kernel's word: ${whole(k.compared)} comparisons, `, k.disagreements === 0 ? "no disagreement" : h("b", { class: "not-ok" }, `${whole(k.disagreements)} disagreements`)),
    h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "The kernel's word" }, h("table", { class: "plain" }, h("thead", {}, h("tr", {}, ...["when", "state", "local", "remote", "acked", "received", "sent again", "RTT µs"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...rows.map(({ when, socket }) => h("tr", {}, h("td", {}, when), h("td", { class: "mono" }, socket.state), h("td", { class: "mono" }, endpoint(socket.local)), h("td", { class: "mono" }, endpoint(socket.remote)),
        ...["bytes_acked", "bytes_received", "total_retransmissions", "rtt_us"].map((name) => h("td", { class: "num" }, info(name)(socket)))))))));
}

// A part that cannot be drawn says so in its place: the rest of the page is of use all the same.
function guarded(name: string, make: () => HTMLElement | null | undefined): HTMLElement | null {
  try {
    return make() ?? null;
  } catch (error) {
    console.error(error);
    return h("div", { class: "reason error broken", role: "alert" }, h("p", {}, h("b", {}, `${name} cannot be shown: `), String(error)), h("p", {}, "This is a fault of the page; report.json holds the figures."));
  }
}

function files(one: Case, run: Run): HTMLElement {
  const lost = (c: Case["captures"][number]) => c.dropped_by_kernel + c.dropped_by_interface + c.dropped_by_limit;
  return h("section", { "aria-labelledby": "again" }, h("h2", { id: "again" }, "Look further"),
    one.run_again !== "" && h("p", { class: "command" }, h("code", {}, one.run_again), copyButton(one.run_again)),
    one.captures.length > 0 && h("ul", { class: "files" }, ...one.captures.filter((c) => c.file !== "").map((c) => h("li", {}, h("a", { href: fileLink(run.results, c.file) }, c.file),
      h("span", { class: "faint" }, ` ${whole(c.packets)} packets`, c.host !== "" && ` of ${c.host}`, c.housekeeping > 0 && `, ${whole(c.housekeeping)} of them the kernel's own`, !c.checksums_valid && ", checksums not proven"), lost(c) > 0 && h("b", { class: "not-ok" }, ` ${whole(lost(c))} lost`)))),
    guarded("The kernel's word", () => kernel(one)), guarded("The wire", () => wireSection(one)),
    one.settings.length > 0 && h("details", { class: "more" }, h("summary", {}, "Settings of the network namespaces"), h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Settings" }, h("table", { class: "plain" },
      h("thead", {}, h("tr", {}, ...["name", "value", "host", ""].map((name, i) => h(i < 3 ? "th" : "td", i < 3 ? { scope: "col" } : {}, name)))),
      h("tbody", {}, ...one.settings.map((s) => h("tr", {}, h("td", { class: "mono" }, s.name), h("td", { class: "mono" }, s.value), h("td", {}, s.host ?? ""), h("td", { class: "faint" }, s.pinned ? "pinned" : "as found"))))))),
    one.notes.length > 0 && h("ul", { class: "notes" }, ...one.notes.map((note) => h("li", {}, note))));
}

function walk(run: Run, route: Route, index: number): HTMLElement {
  const rows = run.rows.map((row, i) => ({ row, i })).filter(({ row, i }) => i === index || matches(row, route));
  const at = rows.findIndex(({ i }) => i === index);
  const link = (offset: number, label: string) => {
    const other = rows[at + offset]?.row;
    return other ? h("a", { class: "step", href: fragment({ ...route, case: other.id, connection: undefined, packet: undefined, over: undefined }), title: other.id }, label) : h("span", { class: "step faint" }, label);
  };
  return h("nav", { class: "walk", "aria-label": "Cases" }, h("a", { href: fragment({ ...route, case: undefined }) }, "← summary"),
    h("span", { class: "faint" }, `${at + 1} of ${rows.length}${isFiltered(route) ? " filtered" : ""}`), link(-1, "‹ previous"), link(1, "next ›"));
}

export function casePage(run: Run, index: number, route: Route): { element: HTMLElement; stop: () => void; select: (packet: number) => void } {
  const one = caseAt(index);
  if (!one) return { element: h("main", { id: "main", tabindex: -1 }, h("p", {}, "This case cannot be read: is the file whole?")), stop: () => {}, select: () => {} };
  let view: TrafficView | null = null;
  const packets = guarded("The packets", () => { view = traffic(one); return view?.element; });
  const go = (packet: number) => {
    view?.select(packet);
    document.getElementById("traffic")?.scrollIntoView({ block: "start", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    (document.querySelector(".ladder") as HTMLElement | null)?.focus({ preventScroll: true });
  };
  const kind = kindOf(one);
  // The reason of a failed case may only name the rules that its findings tell in full.
  const reason = one.reason?.split(", ").every((word) => one.findings.some((finding) => finding.rule === word)) ? undefined : one.reason;
  const element = h("main", { id: "main", class: "case", tabindex: -1 },
    walk(run, route, index),
    h("header", {}, h("h1", { class: "mono" }, badge(kind), " ", one.id), h("p", { class: "title" }, one.title),
      h("p", { class: "faint" }, `${one.scenario_file}${one.scenario_line ? `:${one.scenario_line}` : ""} · ${[one.transport, one.family, one.topology].filter(Boolean).join(" · ")} · ${duration(one.duration_ms)}`, one.attempts > 1 && ` · ${one.attempts} attempts`),
      one.tags.length > 0 && h("p", { class: "tags" }, ...one.tags.map((tag) => h("a", { class: "tag", href: fragment({ text: "", statuses: [], tag, rule: "" }) }, tag))),
      one.story !== "" && h("p", { class: "story" }, one.story)),
    (reason || one.hint) && h("div", { class: `reason ${kind}` }, reason && h("p", {}, reason), one.hint && h("p", {}, h("b", {}, "What to do: "), one.hint)),
    one.earlier_attempts && one.earlier_attempts.length > 0 && h("div", { class: "reason" }, h("p", { class: "faint" }, "Tried again after: "), h("ul", {}, ...one.earlier_attempts.map((text) => h("li", {}, text)))),
    one.expected_failures && one.expected_failures.length > 0 && h("div", { class: "reason expected" }, ...one.expected_failures.map((failure) => h("p", {}, "Expected to fail by ", h("b", { class: "mono" }, failure.rule), `: ${failure.why}`))),
    guarded("The findings", () => findings(one, go)), guarded("The load", () => loadSection(one)), packets, guarded("The steps", () => steps(one)), guarded("The programs", () => programs(one)),
    guarded("Files and settings", () => files(one, run)));
  return { element, stop: () => view?.stop(), select: (packet) => view?.select(packet) };
}
