// The report that the program put into this page: one JSON block for the summary, and one a case,
// read when the case is looked at.
import type { Case, Run } from "./types";

function read(id: string): unknown {
  const block = document.getElementById(id);
  return block === null ? null : JSON.parse(block.textContent ?? "null");
}

export const run = read("report") as Run | null;

const cases = new Map<number, Case>();

export function caseAt(index: number): Case | null {
  const known = cases.get(index);
  if (known) return known;
  const one = read(`case-${index}`) as Case | null;
  if (one) cases.set(index, one);
  return one;
}

// Loads of other runs that were given beside this one, each with the run's name.
export function besides(): { name: string; one: Case }[] {
  const found: { name: string; one: Case }[] = [];
  for (let i = 0; ; ++i) {
    const one = read(`beside-${i}`) as Case | null;
    if (one === null) return found;
    found.push({ name: `${read(`beside-${i}-of`)}: ${one.id}`, one });
  }
}

// A file of the results folder as a link from this page: each part of its path is escaped, so that
// it can only ever name a file.
export function fileLink(results: string, file: string): string {
  const escaped = (path: string) => path.split("/").map(encodeURIComponent).join("/");
  const base = results === "" ? "." : escaped(results);
  return (base.startsWith("/") || base.startsWith(".") ? base : "./" + base) + "/" + escaped(file);
}
