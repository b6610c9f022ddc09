// The page on paper: in light colours, with what is folded away laid open.

const beginnings = new Set<() => void>(), ends = new Set<() => void>();
let printing = false;

function turn(on: boolean): void {
  if (on === printing) return;
  printing = on;
  for (const act of on ? beginnings : ends) act();
}
addEventListener("beforeprint", () => turn(true));
addEventListener("afterprint", () => turn(false));
matchMedia("print").addEventListener("change", (event) => turn(event.matches));

export const isPrinting = () => printing;

// What to do before the page is printed, and after; the first asked for comes first. Gives what ends it.
export function aroundPrint(begin: () => void, end: () => void): () => void {
  beginnings.add(begin);
  ends.add(end);
  return () => { beginnings.delete(begin); ends.delete(end); };
}

// Width of a sheet less its margins, A4 or letter, in CSS pixels.
export const sheetWidth = 680;
