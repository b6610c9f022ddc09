// Which cases are looked at: text, status, tag and rule, all of which must hold.
import { h } from "./dom";
import type { Route } from "./route";
import { kindOf, kinds, signs, totalOf, words, type Kind } from "./status";
import type { Row } from "./types";

function haystack(row: Row): string {
  const parameters = Object.entries(row.parameters).map(([key, value]) => `${key}=${value}`);
  return [row.id, row.title, row.client, row.server, row.reason ?? "", ...row.tags, ...parameters, ...row.rules].join("\n").toLowerCase();
}
const haystacks = new WeakMap<Row, string>();

export function matches(row: Row, route: Route): boolean {
  if (route.statuses.length && !route.statuses.includes(kindOf(row))) return false;
  if (route.tag && !row.tags.includes(route.tag)) return false;
  if (route.rule && !row.rules.includes(route.rule)) return false;
  if (!route.text.trim()) return true;
  let text = haystacks.get(row);
  if (text === undefined) haystacks.set(row, (text = haystack(row)));
  // Every word must be there; one that begins with ! must not, as with `wireproof run --filter`.
  return route.text.toLowerCase().split(/\s+/).filter(Boolean)
    .every((word) => (word.startsWith("!") ? !(word.length > 1 && text.includes(word.slice(1))) : text.includes(word)));
}

export const isFiltered = (route: Route) => Boolean(route.text.trim() || route.statuses.length || route.tag || route.rule);
export const cleared = (route: Route): Route => ({ ...route, text: "", statuses: [], tag: "", rule: "" });

function choice(label: string, none: string, options: Map<string, number>, chosen: string, change: (word: string) => void): HTMLElement {
  if (options.size === 0 && chosen === "") return h("span", { hidden: true });
  const select = h("select", { "aria-label": label, onchange: () => change(select.value) }, h("option", { value: "" }, none));
  if (chosen && !options.has(chosen)) options.set(chosen, 0);
  for (const [word, count] of [...options].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))) {
    select.append(h("option", { value: word }, `${word} (${count})`));
  }
  select.value = chosen;
  return select;
}

function tally(rows: Row[], of: (row: Row) => string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows) for (const word of of(row)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

// The bar of filters. `changed` gets the new route; the bar stays, so that typing is not disturbed.
export function filterBar(rows: Row[], first: Route, changed: (route: Route) => void): HTMLElement {
  let route = first;
  const change = (part: Partial<Route>) => {
    route = { ...route, ...part };
    clear.hidden = !isFiltered(route);
    changed(route);
  };
  const search = h("input", {
    type: "search", "aria-label": "Filter cases by text", placeholder: "Filter: words, !without",
    value: route.text, spellcheck: "false", autocomplete: "off",
    oninput: () => change({ text: search.value }),
  });
  const chips = kinds.filter((kind) => totalOf(rows, kind) > 0 || route.statuses.includes(kind)).map((kind: Kind) => {
    const chip: HTMLButtonElement = h("button", {
      type: "button", class: `chip ${kind}`, "aria-pressed": String(route.statuses.includes(kind)),
      onclick: () => {
        const on = !route.statuses.includes(kind);
        chip.setAttribute("aria-pressed", String(on));
        change({ statuses: on ? [...route.statuses, kind] : route.statuses.filter((word) => word !== kind) });
      },
    }, h("span", { "aria-hidden": "true" }, signs[kind]), ` ${words[kind]} `, h("b", {}, totalOf(rows, kind)));
    return chip;
  });
  const tags = choice("Filter by tag", "any tag", tally(rows, (row) => row.tags), route.tag, (tag) => change({ tag }));
  const rules = choice("Filter by rule", "any rule", tally(rows, (row) => row.rules), route.rule, (rule) => change({ rule }));
  const clear: HTMLButtonElement = h("button", { type: "button", class: "quiet", hidden: !isFiltered(route), onclick: () => {
    search.value = "";
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    for (const select of [tags, rules]) if (select instanceof HTMLSelectElement) select.value = "";
    change(cleared(route));
    search.focus();
  } }, "clear");
  return h("div", { class: "filters", role: "search" }, search, h("div", { class: "chips", role: "group", "aria-label": "Filter by status" }, ...chips), tags, rules, clear);
}
