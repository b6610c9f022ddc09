// Scenarios and their targets down, address families across: one sign a case.
import { h } from "./dom";
import { fragment, type Route } from "./route";
import { kindOf, kinds, signs, words } from "./status";
import type { Row } from "./types";

const families: Record<string, string> = {
  ipv4: "IPv4", ipv6: "IPv6", "unix-path": "UNIX path", "unix-abstract": "UNIX abstract",
  unix_path: "UNIX path", unix_abstract: "UNIX abstract",
};
const order = Object.keys(families);

const scenarioOf = (row: Row) => row.id.split("@", 1)[0] as string;
const folderOf = (scenario: string) => scenario.includes("/") ? scenario.slice(0, scenario.lastIndexOf("/")) : "";
const targetsOf = (row: Row) =>
  row.client && row.server ? (row.client === row.server ? row.server : `${row.server} ← ${row.client}`) : row.server || row.client || "script";

interface Line { scenario: string; targets: string; cells: Map<string, Row[]> }

function linesOf(rows: Row[]): Map<string, Line[]> {
  const folders = new Map<string, Map<string, Line>>();
  for (const row of rows) {
    const scenario = scenarioOf(row), targets = targetsOf(row);
    const folder = folderOf(scenario);
    const lines = folders.get(folder) ?? new Map<string, Line>();
    folders.set(folder, lines);
    const key = `${scenario}\n${targets}`;
    const line = lines.get(key) ?? { scenario, targets, cells: new Map() };
    lines.set(key, line);
    line.cells.set(row.family, [...(line.cells.get(row.family) ?? []), row]);
  }
  return new Map([...folders].map(([folder, lines]) => [folder, [...lines.values()]]));
}

// By which parameters the cases of one cell differ: each of its marks says them.
const valueOf = (row: Row, key: string) => row.parameters[key] ?? "";
const said = (key: string, value: string) => (/^-?[0-9]/.test(value) ? `${key}=${value}` : value);
function varying(rows: Row[]): string[] {
  if (rows.length < 2) return [];
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row.parameters)))];
  return keys.filter((key) => key !== "family" && rows.some((row) => valueOf(row, key) !== valueOf(rows[0] as Row, key)));
}

function cell(rows: Row[] | undefined, route: Route): HTMLElement {
  if (!rows) return h("td", { class: "none" }, h("span", { "aria-hidden": "true" }, "·"));
  const sorted = rows.length > 1 ? [...rows].sort((a, b) => kinds.indexOf(kindOf(a)) - kinds.indexOf(kindOf(b))) : rows;
  const told = varying(rows);
  return h("td", {}, h("div", { class: "dots" }, ...sorted.map((row) => {
    const kind = kindOf(row), name = told.filter((key) => valueOf(row, key) !== "").map((key) => said(key, valueOf(row, key))).join(" ");
    return h("a", {
      class: `dot ${kind} ${name ? "named" : ""}`, href: fragment({ ...route, case: row.id, connection: undefined, packet: undefined }),
      title: `${row.id}: ${words[kind]}`, "aria-label": `${row.id}: ${name ? `${name}, ` : ""}${words[kind]}`,
    }, h("span", { "aria-hidden": "true" }, signs[kind]), name && h("span", { class: "by" }, name));
  })));
}

export function matrix(rows: Row[], route: Route): HTMLElement {
  const tables = [...linesOf(rows)].map(([folder, lines]) => {
    const name = folder || "scenarios";
    const known = new Set(lines.flatMap((line) => [...line.cells.keys()]));
    const columns = [...known].sort((a, b) => order.indexOf(a) - order.indexOf(b) || (a < b ? -1 : 1));
    return h("section", { class: "folder" }, h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": name }, h("table", { class: "matrix" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col", class: "scenario" }, h("span", { class: "mono" }, name)),
        h("th", { scope: "col", class: "targets" }, "program"),
        ...columns.map((family) => h("th", { scope: "col", class: "family" }, families[family] ?? family)))),
      h("tbody", {}, ...lines.map((line) => h("tr", {},
        h("th", { scope: "row", class: "scenario mono" }, line.scenario.slice(folder ? folder.length + 1 : 0)),
        h("td", { class: "targets mono" }, line.targets),
        ...columns.map((family) => cell(line.cells.get(family), route))))))));
  });
  return h("div", {}, ...tables);
}
