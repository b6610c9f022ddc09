// The summary: what failed first, then every case in a matrix, and what the run ran on.
import { folded, h } from "./dom";
import { filterBar, isFiltered, matches } from "./filters";
import { bytes, count, duration, whole } from "./format";
import { matrix } from "./matrix";
import { fragment, replace, type Route } from "./route";
import { badge, explained, kindOf, kinds, signs, totalOf, words, type Kind } from "./status";
import type { Row, Run } from "./types";

const shownOfAGroup = 5;

interface Group { kind: Kind; cause: string; rows: Row[] }

// Cases that ended alike, the weightiest kind first and then the most frequent cause.
function groups(rows: Row[]): Group[] {
  const all = new Map<string, Group>();
  for (const row of rows) {
    const kind = kindOf(row);
    if (kind === "passed" || kind === "expected") continue;
    const cause = kind === "failed" ? (row.main?.rule ?? row.reason ?? "") : (row.reason ?? row.main?.rule ?? "");
    const key = `${kind}\n${cause}`;
    const group = all.get(key) ?? { kind, cause, rows: [] };
    group.rows.push(row);
    all.set(key, group);
  }
  return [...all.values()].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || b.rows.length - a.rows.length);
}

const caseLink = (row: Row, route: Route) =>
  h("a", { href: fragment({ ...route, case: row.id, connection: undefined, packet: undefined }) }, row.id);

function groupCard(group: Group, route: Route): HTMLElement {
  const first = group.rows[0] as Row;
  const item = (row: Row) => h("li", {}, caseLink(row, route), h("span", { class: "faint" }, ` ${row.title}`));
  const rest = group.rows.slice(shownOfAGroup);
  const more = rest.length > 0 && folded({}, `and ${whole(rest.length)} more`, () => h("ul", { class: "cases" }, ...rest.map(item)));
  return h("li", { class: `cause ${group.kind}` },
    h("div", { class: "cause-head" }, badge(group.kind), h("b", { class: "mono" }, group.cause),
      h("span", { class: "faint" }, count(group.rows.length, "case"))),
    group.kind === "failed" && first.main && h("dl", { class: "versus" },
      h("div", {}, h("dt", {}, "expected"), h("dd", {}, first.main.expected)),
      h("div", {}, h("dt", {}, "observed"), h("dd", {}, first.main.observed))),
    h("ul", { class: "cases" }, ...group.rows.slice(0, shownOfAGroup).map(item)), more);
}

function causes(rows: Row[], route: Route): HTMLElement | null {
  const all = groups(rows);
  const broken = all.filter((group) => group.kind !== "skipped");
  const skipped = all.filter((group) => group.kind === "skipped");
  if (all.length === 0) return null;
  return h("section", { "aria-labelledby": "broke" },
    broken.length > 0 && h("h2", { id: "broke" }, "What did not pass"),
    broken.length > 0 && h("ul", { class: "causes" }, ...broken.map((group) => groupCard(group, route))),
    skipped.length > 0 && h("details", { class: "skips" },
      h("summary", { id: broken.length ? undefined : "broke" }, `Skipped: ${count(skipped.reduce((n, group) => n + group.rows.length, 0), "case")}`),
      h("ul", { class: "causes" }, ...skipped.map((group) => groupCard(group, route)))));
}

function headline(run: Run): HTMLElement {
  const bad = run.totals.failed + run.totals.error + run.totals.inconclusive;
  const text = run.interrupted ? `Interrupted: ${count(run.totals.cases, "case")} ran`
    : bad > 0 ? `${whole(bad)} of ${count(run.totals.cases, "case")} did not pass`
    : run.totals.cases === 0 ? "No case ran"
    : run.totals.skipped === run.totals.cases ? "All cases were skipped: nothing was tested"
    : run.totals.skipped > 0 ? `All passed, but for ${whole(run.totals.skipped)} skipped`
    : `All ${count(run.totals.cases, "case")} passed`;
  const worst: Kind = run.totals.failed ? "failed" : run.totals.error ? "error" : run.totals.inconclusive || run.interrupted ? "inconclusive"
    : run.totals.skipped === run.totals.cases ? "skipped" : "passed";
  const parts = kinds.map((kind) => ({ kind, n: totalOf(run.rows, kind) })).filter((part) => part.n > 0);
  const bar = h("div", { class: "bar", "aria-hidden": "true" });
  for (const part of parts) {
    const piece = h("span", { class: `piece ${part.kind}` });
    piece.style.flexGrow = String(part.n);
    bar.append(piece);
  }
  return h("header", { class: `headline ${worst}` },
    h("h1", {}, h("span", { class: "sign", "aria-hidden": "true" }, signs[worst]), " ", text),
    bar,
    h("ul", { class: "tally" }, ...parts.map((part) => h("li", { class: part.kind, title: explained[part.kind] },
      h("span", { class: "swatch", "aria-hidden": "true" }, signs[part.kind]), h("b", {}, whole(part.n)), ` ${words[part.kind]}`))),
    h("p", { class: "faint" }, `${when(run.context.started_at)} · ${duration(run.duration_ms)} · ${run.context.host_name} · wireproof ${run.context.version}`,
      run.totals.retried > 0 && ` · ${count(run.totals.retried, "case")} tried again`));
}

const when = (text: string) => text.replace("T", " ").replace(/\.\d+Z$/, " UTC");

function machine(run: Run): HTMLElement {
  const c = run.context;
  const fact = (name: string, value: string) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
  return h("details", { class: "machine" }, h("summary", {}, "What it ran on"),
    h("dl", { class: "facts" },
      fact("command", c.command_line), fact("system", `${c.os}, kernel ${c.kernel}`),
      fact("processor", `${c.cpus} × ${c.cpu_model}`), fact("memory", bytes(c.memory_bytes)),
      fact("clock source", c.clock_source), fact("load before", c.load_average.join(", ")),
      fact("isolation", `${c.isolation}: ${c.isolation_why}`), fact("user", c.user),
      fact("seed", String(c.seed)), fact("cases at once", String(c.jobs)),
      ...Object.entries(c.libraries).map(([name, version]) => fact(name, version))));
}

export function summaryPage(run: Run, route: Route): HTMLElement {
  const results = h("div", { class: "results" });
  const broken = h("div", {});
  const said = h("p", { class: "faint", role: "status", "aria-live": "polite" });
  const show = (now: Route) => {
    const rows = run.rows.filter((row) => matches(row, now));
    said.textContent = isFiltered(now) ? `${whole(rows.length)} of ${count(run.rows.length, "case")}` : count(run.rows.length, "case");
    broken.replaceChildren(...[causes(rows, now)].filter((node) => node !== null));
    results.replaceChildren(rows.length > 0 ? matrix(rows, now) : h("p", { class: "empty" }, run.rows.length ? "No case fits these filters." : "This report holds no case."));
  };
  const bar = filterBar(run.rows, route, (now) => { replace(now); show(now); });
  show(route);
  return h("main", { id: "main", class: "summary", tabindex: -1 },
    headline(run),
    run.notes.length > 0 && h("ul", { class: "notes" }, ...run.notes.map((note) => h("li", {}, note))),
    bar, broken,
    h("section", { "aria-labelledby": "all" }, h("h2", { id: "all" }, "Cases"), said, results),
    machine(run));
}
