// What a load run measured: whether to trust it, the figures, and how they went over time. Other runs
// of the report can be laid over it.
import { besides, caseAt, fileLink, run } from "./data";
import { chart, type Line } from "./chart";
import { h } from "./dom";
import { bytes, nanoseconds, whole } from "./format";
import { percentileSteps } from "./histogram";
import type { Interval, Load, Phase, SeriesPoint } from "./load_types";
import { current, replace } from "./route";
import type { Case } from "./types";

const mainPhases = ["complete", "total", "response", "latency"];
const shownQuantiles = [0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999];

export const loadOf = (one: Case): Load | null => (typeof one.load === "object" && one.load !== null ? (one.load as Load) : null);
const mainPhase = (load: Load): Phase | undefined => mainPhases.map((name) => load.phases?.find((phase) => phase.phase === name)).find(Boolean) ?? load.phases?.[0];

const percent = (quantile: number) => `${Number((quantile * 100).toFixed(6))} %`;
const rate = (perSecond: number) => (perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(2)} M/s` : perSecond >= 10e3 ? `${(perSecond / 1e3).toFixed(1)} k/s` : `${whole(Math.round(perSecond))}/s`);
const fact = (name: string, value: string | undefined | false) => (value ? h("div", {}, h("dt", {}, name), h("dd", {}, value)) : null);

function trust(load: Load): HTMLElement {
  const doubts = load.doubts ?? [];
  if (doubts.length === 0 && load.trusted !== false) return h("div", { class: "reason passed" }, h("p", {}, "✓ Nothing that was watched speaks against these figures."));
  const decisive = load.trusted === false || doubts.some((doubt) => doubt.decisive);
  return h("div", { class: `reason ${decisive ? "inconclusive" : "skipped"}` }, h("p", {}, h("b", {}, decisive ? "? These figures are not to be trusted" : "Mind, with these figures:")),
    h("ul", {}, ...doubts.map((doubt) => h("li", {}, h("b", {}, doubt.about), `: ${doubt.words}`))));
}

const reach = (interval?: Interval): string => (interval ? ` (95 %: ${interval.low.toFixed(2)} to ${interval.high.toFixed(2)})` : "");

function facts(load: Load): HTMLElement {
  const interval = load.throughput_interval;
  return h("dl", { class: "facts" },
    fact("throughput", load.throughput_per_s !== undefined && rate(load.throughput_per_s) + (interval ? ` (95 %: ${rate(interval.low)} to ${rate(interval.high)})` : "")),
    fact("asked for", load.asked_rate_per_s !== undefined && rate(load.asked_rate_per_s)),
    fact("answered", load.answered !== undefined && whole(load.answered)), fact("errors", load.errors !== undefined && whole(load.errors)),
    fact("errors while idle", Boolean(load.idle_errors) && whole(load.idle_errors as number)),
    fact("timeouts", load.timeouts !== undefined && whole(load.timeouts)), fact("in flight at the end", Boolean(load.in_flight) && whole(load.in_flight as number)), fact("not sent in time", Boolean(load.not_sent) && whole(load.not_sent as number)),
    fact("measured for", load.measured_s !== undefined && `${load.measured_s.toFixed(2)} s after ${(load.warm_up_s ?? 0).toFixed(2)} s of warm-up${load.warm_up_found ? ", which was looked for" : ""}`),
    fact("connections", load.connections !== undefined && whole(load.connections)), fact("pattern", load.pattern), fact("arrivals", load.arrivals), fact("engine", load.engine && `${load.engine}${load.threads ? `, ${load.threads} ${load.threads === 1 ? "thread" : "threads"}` : ""}${load.processes ? ` in ${load.processes} processes` : ""}`),
    fact("received", load.bytes_received_per_s !== undefined && load.bytes_received_per_s > 0 && `${bytes(load.bytes_received_per_s)}/s`),
    fact("beside a bare echo loop", load.reference?.rate_ratio !== undefined && `${load.reference.rate_ratio.toFixed(2)} × its rate${reach(load.reference.rate_ratio_interval)}, ${(load.reference.p50_ratio ?? 0).toFixed(2)} × its median${reach(load.reference.p50_ratio_interval)}`));
}

function limits(load: Load): HTMLElement | null {
  if (!load.limits?.length) return null;
  return h("ul", { class: "limits" }, ...load.limits.map((limit) => h("li", {}, h("span", { class: limit.held ? "ok" : "not-ok" }, limit.held ? "✓ " : "✗ "), h("code", {}, limit.limit), ` ${limit.words ?? ""}`)));
}

function percentileTable(load: Load): HTMLElement | null {
  const phases = (load.phases ?? []).filter((phase) => phase.count > 0);
  if (phases.length === 0) return null;
  const cell = (phase: Phase, quantile: number) => {
    const found = phase.percentiles?.find((p) => Math.abs(p.quantile - quantile) < 1e-9);
    return h("td", { class: "num", title: found?.low_ns !== undefined && found.high_ns !== undefined ? `95 %: ${nanoseconds(found.low_ns)} to ${nanoseconds(found.high_ns)}` : undefined }, found ? nanoseconds(found.value_ns) : "–",
      found?.low_ns !== undefined && found.high_ns !== undefined && h("div", { class: "faint small" }, `${nanoseconds(found.low_ns)} – ${nanoseconds(found.high_ns)}`));
  };
  return h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Latency by phase" }, h("table", { class: "plain" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "phase"), h("th", { scope: "col", class: "num" }, "samples"), ...shownQuantiles.map((q) => h("th", { scope: "col", class: "num" }, percent(q))), h("th", { scope: "col", class: "num" }, "largest"))),
    h("tbody", {}, ...phases.map((phase) => h("tr", {}, h("th", { scope: "row" }, phase.phase), h("td", { class: "num" }, whole(phase.count)), ...shownQuantiles.map((q) => cell(phase, q)), h("td", { class: "num" }, phase.most_ns !== undefined ? nanoseconds(phase.most_ns) : ""))))));
}

// HdrHistogram's way: each further nine of the percentile takes as much room as the one before it.
const nines = (remaining: number) => -Math.log10(remaining);

// A phase's percentiles by their place: all that its histogram holds, or those that the report names.
async function curveOf(phase: Phase): Promise<Map<number, number>> {
  const named = () => new Map((phase.percentiles ?? []).filter((p) => p.quantile < 1).map((p) => [nines(1 - p.quantile), p.value_ns]));
  if (!phase.histogram) return named();
  try {
    const curve = new Map((await percentileSteps(phase.histogram, phase.most_ns)).map((step) => [nines(step.remaining), step.value]));
    return curve.size > 1 ? curve : named();
  } catch {
    return named();
  }
}

async function percentileChart(phases: { name: string; phase: Phase }[]): Promise<HTMLElement | null> {
  const curves = (await Promise.all(phases.map(async ({ name, phase }) => ({ name, at: await curveOf(phase) })))).filter((curve) => curve.at.size > 1);
  if (curves.length === 0) return null;
  const x = [...new Set(curves.flatMap((curve) => [...curve.at.keys()]))].sort((a, b) => a - b);
  const most = Math.max(...x);
  const ticks = [0.5, 0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6].map(nines).filter((tick) => tick <= most + 0.01);
  return chart({ name: "Latency by percentile", xName: "percentile", x, xTicks: ticks, logY: true, xText: (value) => percent(1 - 10 ** -value), yText: nanoseconds,
    lines: curves.map((curve): Line => ({ name: curve.name, values: x.map((at) => curve.at.get(at) ?? null), points: x.length < 20 })) });
}

// What was measured of a run's course: no warm-up, and nothing after the end.
function measured(load: Load): SeriesPoint[] {
  const from = load.warm_up_s ?? 0, end = from + (load.measured_s ?? Infinity) + (load.paused_s ?? 0);
  return (load.series ?? []).filter((point) => point.at_s + 1e-9 >= from && point.at_s + point.span_s <= end + 1e-9);
}
const badOf = (p: SeriesPoint) => (p.errors ?? 0) + (p.timeouts ?? 0);
const rateOf = (p: SeriesPoint) => (p.answered ?? 0) / (p.span_s || 1);
const seconds = (at: number) => `${Number(at.toFixed(3))} s`;

function course(load: Load): HTMLElement[] {
  const out: HTMLElement[] = [];
  const series = measured(load);
  if (series.length < 2) return out;
  const common = { xName: "since the start", x: series.map((point) => point.at_s), xText: seconds };
  if (series.some((point) => point.p50_ns !== undefined)) {
    // Short windows hold too few samples for their 99th percentile.
    const high = series.some((point) => point.p99_ns !== undefined);
    out.push(chart({ ...common, name: "Latency over time", yText: nanoseconds, logY: true, lines: [
      { name: "largest", values: series.map((p) => p.most_ns || null), points: true }, ...(high ? [{ name: "99 %", values: series.map((p) => p.p99_ns ?? null), band: 2 }] : []), { name: "50 %", values: series.map((p) => p.p50_ns ?? null) }] }));
  }
  const bad = series.map(badOf);
  out.push(chart({ ...common, name: "Answers a second, and errors", yText: rate, rightText: whole, lines: [
    { name: "answers a second", values: series.map(rateOf), fill: true, stepped: true },
    ...(bad.some((n) => n > 0) ? [{ name: "errors and timeouts", values: bad, scale: "right" as const, stepped: true }] : [])] }));
  const shares = ([["taken by the host", "steal_percent"], ["soft interrupts", "softirq_percent"], ["other programs", "other_percent"]] as const)
    .filter(([, key]) => series.some((point) => (point[key] ?? 0) >= 1));
  if (shares.length > 0) {
    out.push(chart({ ...common, name: "Who else had the processors", yText: (n) => `${Math.round(n)} %`,
      lines: shares.map(([name, key]) => ({ name, values: series.map((p) => p[key] ?? null), stepped: true })) }));
  }
  return out;
}

// Several runs, each from the moment when its measuring began.
function overlaid(loads: { name: string; load: Load }[]): HTMLElement[] {
  const runs = loads.map(({ name, load }) => {
    const series = measured(load), start = series[0]?.at_s ?? 0;
    return { name, at: new Map(series.map((point) => [Number((point.at_s - start).toFixed(3)), point])) };
  });
  const x = [...new Set(runs.flatMap((one) => [...one.at.keys()]))].sort((a, b) => a - b);
  if (x.length < 2) return [];
  const draw = (name: string, value: (p: SeriesPoint) => number | undefined | null, more: { yText: (y: number) => string; logY?: boolean }, stepped = false) =>
    chart({ name, xName: "since measuring began", x, xText: seconds, ...more,
      lines: runs.map((one) => ({ name: one.name, stepped, values: x.map((at) => { const point = one.at.get(at); return point ? (value(point) ?? null) : null; }) })) });
  const every = (test: (p: SeriesPoint) => boolean) => runs.every((one) => [...one.at.values()].some(test)), some = (test: (p: SeriesPoint) => boolean) => runs.some((one) => [...one.at.values()].some(test));
  const high = every((point) => point.p99_ns !== undefined);
  return [
    draw(high ? "99th percentile over time" : "Median over time", (p) => (high ? p.p99_ns : p.p50_ns), { yText: nanoseconds, logY: true }),
    draw("Largest over time", (p) => p.most_ns || null, { yText: nanoseconds, logY: true }),
    draw("Answers a second", rateOf, { yText: rate }, true),
    ...(some((p) => badOf(p) > 0) ? [draw("Errors and timeouts", badOf, { yText: whole }, true)] : []),
  ];
}

function cpu(load: Load): HTMLElement | null {
  const c = load.cpu;
  if (!c) return null;
  const number = (key: string) => (typeof c[key] === "number" ? (c[key] as number) : undefined);
  const list = (key: string) => (Array.isArray(c[key]) && (c[key] as number[]).length > 0 ? (c[key] as number[]).join(", ") : "");
  const row = (name: string, side: string) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "num" }, number(`${side}_ms`) !== undefined ? `${whole(Math.round(number(`${side}_ms`) as number))} ms` : ""),
    h("td", { class: "num" }, number(`${side}_us_per_request`) !== undefined ? `${(number(`${side}_us_per_request`) as number).toFixed(2)} µs` : ""), h("td", {}, list(`${side}_cpus`)));
  const share = (name: string, key: string) => fact(name, number(key) !== undefined && `${(number(key) as number).toFixed(1)} %`);
  return h("div", {}, h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "CPU" }, h("table", { class: "plain narrow" }, h("caption", {}, "CPU"), h("thead", {}, h("tr", {}, h("td"), h("th", { scope: "col", class: "num" }, "time"), h("th", { scope: "col", class: "num" }, "a request"), h("th", { scope: "col" }, "processors"))), h("tbody", {}, row("generator", "generator"), row("server", "server")))),
    h("dl", { class: "facts" }, share("stolen by the host", "steal_percent"), share("soft interrupts", "softirq_percent"), share("others on this machine", "other_percent")));
}

// What the kernel and the server's processes show beside the answers.
function beside(load: Load): HTMLElement | null {
  const { tcp, datagrams: d, server_growth: g } = load;
  const moved = Object.entries(load.kernel_counters ?? {}).filter(([, n]) => n > 0);
  if (!tcp && !d && !g && moved.length === 0) return null;
  return h("dl", { class: "facts" },
    fact("round trip, by TCP_INFO", tcp && `${tcp.rtt_us_median} µs (median of ${tcp.connections}), least ${tcp.min_rtt_us} µs`), fact("retransmitted segments, of these", tcp && tcp.retransmissions > 0 && whole(tcp.retransmissions)),
    fact("datagrams", d && `${whole(d.sent)} sent, ${whole(d.received)} received, ${whole(d.lost)} lost, ${whole(d.duplicated)} twice, ${whole(d.reordered)} out of order`), fact("jitter", d && `${d.jitter_us.toFixed(1)} µs`),
    fact("server's memory", g && `${bytes(g.first_kib * 1024)}, at the end ${bytes(g.last_kib * 1024)}`), fact("server's descriptors", g && `${whole(g.first_descriptors)}, at the end ${whole(g.last_descriptors)}`),
    ...moved.map(([name, n]) => fact(name.replaceAll("_", " "), whole(n))));
}

function repetitions(load: Load): HTMLElement | null {
  if (!load.repetitions?.length) return null;
  return h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Repetitions" }, h("table", { class: "plain narrow" }, h("caption", {}, "Repetitions"), h("thead", {}, h("tr", {}, ...["rate", "50 %", "99 %", "largest"].map((name) => h("th", { scope: "col", class: "num" }, name)))),
    h("tbody", {}, ...load.repetitions.map((one) => h("tr", {}, ...[rate(one.throughput_per_s), one.p50_ns === undefined ? "–" : nanoseconds(one.p50_ns), one.p99_ns === undefined ? "–" : nanoseconds(one.p99_ns), nanoseconds(one.most_ns)].map((text) => h("td", { class: "num" }, text)))))));
}

// Of a ramp: what each number of connections, or each rate, came to.
function steps(load: Load): HTMLElement | null {
  if (!load.steps?.length) return null;
  const time = (ns: number | undefined) => (ns === undefined ? "–" : nanoseconds(ns));
  const asked = (one: NonNullable<Load["steps"]>[number]) => [one.connections && `${whole(one.connections)} connections`, one.asked_rate_per_s !== undefined && `${rate(one.asked_rate_per_s)} asked`].filter(Boolean).join(", ");
  return h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Steps" }, h("table", { class: "plain narrow" }, h("caption", {}, "Steps"), h("thead", {}, h("tr", {}, ...["time", "step", "rate", "50 %", "99 %", "errors"].map((name, i) => h("th", { scope: "col", class: i > 1 ? "num" : "" }, name)))),
    h("tbody", {}, ...load.steps.map((one) => h("tr", {}, ...[`${one.from_s.toFixed(1)} to ${one.to_s.toFixed(1)} s`, asked(one), rate(one.rate_per_s), time(one.p50_ns), time(one.p99_ns), whole(one.failures ?? 0)].map((text, i) => h("td", { class: i > 1 ? "num" : "" }, text)))))));
}

function proof(load: Load): HTMLElement | null {
  const p = load.proof;
  if (!p) return null;
  const kinds = (counts: Record<string, number> | undefined) => Object.entries(counts ?? {}).map(([kind, n]) => `${whole(n)} ${kind}`).join(", ");
  return h("div", { class: `reason ${p.balanced ? "passed" : "failed"}` }, h("p", {}, p.balanced ? "✓ " : "✗ ", `${whole(p.connections_made ?? 0)} connections made, ${whole(p.handshakes_proven ?? 0)} handshakes and ${whole(p.closes_proven ?? 0)} closes proven from ${whole(p.packets ?? 0)} packets`, p.dropped ? `, ${whole(p.dropped)} lost` : ""),
    p.capture === "handshakes" && h("p", {}, `From ${p.basis ?? ""}.`), p.difference && h("p", {}, p.difference), h("p", { class: "faint" }, [kinds(p.openings), kinds(p.closings), kinds(p.broken_rules)].filter(Boolean).join(" · ")));
}

function errors(load: Load): HTMLElement | null {
  if (!load.error_kinds?.length) return null;
  return h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": "Errors" }, h("table", { class: "plain" }, h("caption", {}, "Errors"), h("thead", {}, h("tr", {}, ...["kind", "count", "first at", "for example"].map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, ...load.error_kinds.map((kind) => h("tr", {}, h("td", {}, kind.kind), h("td", { class: "num" }, whole(kind.count)), h("td", { class: "num" }, kind.first_s === undefined ? "" : `${kind.first_s.toFixed(2)} s`), h("td", { class: "mono" }, (kind.examples ?? []).slice(0, 3).join(" | ").slice(0, 500)))))));
}

interface Other { name: string; load: () => Load | null }

// What can be laid over a case's load: those of the report's other cases, a repeated case's other repetitions, and
// those of the runs beside. Found without reading them whole.
function othersOf(one: Case): Other[] {
  const found: Other[] = [], times = new Map<string, number>();
  const add = (name: string, load: () => Load | null, own: boolean) => {
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    if (!own) found.push({ name: time === 1 ? name : `${name} #${time}`, load });
  };
  const loadAt = (i: number) => { const other = caseAt(i); return other && loadOf(other); };
  run?.rows.forEach((row, i) => {
    if (document.getElementById(`case-${i}`)?.textContent?.includes('\n "load": {')) add(row.id, () => loadAt(i), caseAt(i) === one);
  });
  for (const { name, one: other } of besides()) add(name, () => loadOf(other), false);
  return found.slice(0, 60);
}

export function loadSection(one: Case): HTMLElement | null {
  const load = loadOf(one);
  if (!load) return null;
  const charts = h("div", { class: "charts" }), candidates = othersOf(one);
  const chosen = new Set(candidates.filter((other) => current().over?.includes(other.name)));
  let drawn = 0;
  const draw = async () => {
    const turn = ++drawn;
    const laid = [{ name: one.id, load }, ...[...chosen].flatMap((other) => { const its = other.load(); return its ? [{ name: other.name, load: its }] : []; })];
    const phases = laid.length === 1 ? (load.phases ?? []).filter((phase) => phase.count > 0).map((phase) => ({ name: phase.phase, phase }))
      : laid.flatMap(({ name, load: its }) => { const phase = mainPhase(its); return phase ? [{ name, phase }] : []; });
    const first = await percentileChart(phases);
    if (turn === drawn) charts.replaceChildren(...[first, ...(laid.length === 1 ? course(load) : overlaid(laid))].filter((node) => node !== null));
  };
  void draw();
  const box = (other: Other) => {
    const input: HTMLInputElement = h("input", { type: "checkbox", checked: chosen.has(other), onchange: () => {
      if (input.checked) chosen.add(other); else chosen.delete(other);
      replace({ ...current(), over: [...chosen].map(({ name }) => name) });
      void draw();
    } });
    return h("li", {}, h("label", {}, input, h("span", {}, other.name)));
  };
  const overlay = candidates.length > 0 && h("details", { class: "more unprinted", open: chosen.size > 0 }, h("summary", {}, "lay other runs over it"), h("ul", { class: "overlay" }, ...candidates.map(box)));
  return h("section", { "aria-labelledby": "load" }, h("h2", { id: "load" }, "Load"), trust(load), facts(load), limits(load), proof(load), percentileTable(load), overlay, charts, errors(load), steps(load), repetitions(load), cpu(load), beside(load),
    load.log_file && run && h("p", {}, h("a", { href: fileLink(run.results, load.log_file) }, "the HdrHistogram log")));
}
