// The page: the summary, or one case, as the URL's fragment says.
import { casePage } from "./case_page";
import { run } from "./data";
import { h } from "./dom";
import { aroundPrint } from "./print";
import { current, parse, type Route } from "./route";
import { summaryPage } from "./summary";

const themes = ["auto", "light", "dark"] as const;
type Theme = (typeof themes)[number];

function remembered(): Theme {
  try { return themes.find((theme) => theme === localStorage.getItem("wireproof-theme")) ?? "auto"; } catch { return "auto"; }
}
function setTheme(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try { localStorage.setItem("wireproof-theme", theme); } catch { /* a page from a file may have no storage */ }
  dispatchEvent(new Event("themechange"));
}

let theme = remembered();
function themeButton(): HTMLElement {
  const button: HTMLButtonElement = h("button", { type: "button", class: "quiet theme", onclick: () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length] as Theme;
    setTheme(theme);
    button.textContent = `theme: ${theme}`;
  } }, `theme: ${theme}`);
  setTheme(theme);
  return button;
}

// On paper all is light, and what is folded is open; then all is again as it was.
const opened = new Set<HTMLDetailsElement>();
const redraw = () => { dispatchEvent(new Event("themechange")); };
aroundPrint(() => {
  document.documentElement.dataset.theme = "light";
  for (const each of document.querySelectorAll<HTMLDetailsElement>("details:not([open]):not(.unprinted)")) {
    each.dispatchEvent(new Event("lay-open"));
    each.open = true;
    opened.add(each);
  }
  redraw();
}, () => {
  for (const each of opened) each.open = false;
  opened.clear();
  setTheme(theme);
});

let stop = () => {};
let shown: { route: Route; select?: (packet: number) => void } | null = null;

function show(place: HTMLElement): void {
  if (!run) {
    place.replaceChildren(h("main", { id: "main" }, h("p", {}, "This page holds no report: it is what `wireproof report --html` fills.")));
    return;
  }
  const route = current();
  // A packet of the case that is shown already is walked to, and the page stays.
  if (shown?.select && route.case !== undefined && shown.route.case === route.case && route.packet !== undefined) {
    shown.select(route.packet);
    return;
  }
  stop();
  const index = route.case === undefined ? -1 : run.rows.findIndex((row) => row.id === route.case);
  if (index >= 0) {
    const page = casePage(run, index, route);
    stop = page.stop;
    shown = { route, select: page.select };
    place.replaceChildren(page.element);
    document.title = `${run.rows[index]?.status}: ${route.case} · wireproof`;
  } else {
    stop = () => {};
    shown = { route };
    place.replaceChildren(summaryPage(run, route));
    const bad = run.totals.failed + run.totals.error + run.totals.inconclusive;
    document.title = `${bad > 0 ? `${bad} not passed` : "passed"} · wireproof report`;
    if (route.case !== undefined) place.prepend(h("p", { class: "missing", role: "alert" }, `This report has no case “${route.case}”.`));
  }
}

const place = h("div", { id: "page" });
document.getElementById("root")?.replaceChildren(h("a", { class: "skip", href: "#main", onclick: (event: Event) => { event.preventDefault(); document.getElementById("main")?.focus(); } }, "skip to content"), h("div", { class: "top" }, h("a", { href: "#", class: "brand" }, "wireproof"), themeButton()), place);
let summaryAt = 0;  // where the summary was read when it was left
addEventListener("hashchange", (event) => {
  const before = parse(new URL((event as HashChangeEvent).oldURL).hash);
  if (before.case === undefined) summaryAt = scrollY;
  show(place);
  if (before.case !== current().case) {
    scrollTo(0, current().case === undefined ? summaryAt : 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  }
});
show(place);
document.documentElement.dataset.ready = "yes";
