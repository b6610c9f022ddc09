// A chart (uPlot) with a name, a legend that shows each line's dashes, and its figures as a table for
// whoever reads tables. It follows the width of its place and the theme.
import uPlot from "uplot";
import { folded, h, s, visible } from "./dom";
import { isPrinting, sheetWidth } from "./print";

export interface Line { name: string; values: (number | null)[]; scale?: "right"; fill?: boolean; points?: boolean; stepped?: boolean; band?: number }
export interface ChartOptions {
  name: string; xName: string; x: number[]; lines: Line[]; xText: (x: number) => string; yText: (y: number) => string; rightText?: (y: number) => string;
  xTicks?: number[]; logY?: boolean;
}

// Lines are told apart by these in any colour, and past the last of them by their width.
const dashes = [[], [9, 5], [2, 4], [14, 4, 3, 4], [20, 7], [9, 4, 2, 4, 2, 4]];
const dashOf = (i: number) => dashes[i % dashes.length] as number[];
const widthOf = (i: number) => 2 + 1.5 * Math.floor(i / dashes.length);
const colourOf = (i: number) => variable(colours[i % colours.length] as string);
const colours = ["--l0", "--l1", "--l2", "--l3", "--failed", "--expected"];
const variable = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim() || "#888";

function table(options: ChartOptions): HTMLElement {
  return folded({ class: "more unprinted" }, "as a table", () => {
    const step = Math.max(1, Math.ceil(options.x.length / 500));
    return h("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": `${options.name}, as a table` }, h("table", { class: "plain" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, options.xName), ...options.lines.map((line) => h("th", { scope: "col", class: "num" }, line.name)))),
      h("tbody", {}, ...options.x.map((x, i) => (i % step ? null : h("tr", {}, h("th", { scope: "row" }, options.xText(x)),
        ...options.lines.map((line) => h("td", { class: "num" }, line.values[i] == null ? "" : (line.scale ? (options.rightText ?? options.yText) : options.yText)(line.values[i] as number)))))).filter((row) => row !== null))));
  });
}

// uPlot's legend has squares of a colour: in their place a piece of each line.
function drawLegend(plot: uPlot): void {
  plot.root.querySelectorAll(".u-legend .u-series .u-marker").forEach((marker, i) => {
    if (i === 0) return marker.remove();  // the x axis is no line
    marker.replaceWith(s("svg", { class: "piece-of-line", width: 54, height: 10, "aria-hidden": "true" },
      s("line", { x1: 0, x2: 54, y1: 5, y2: 5, stroke: colourOf(i - 1), "stroke-width": widthOf(i - 1), "stroke-dasharray": dashOf(i - 1).join(" ") || undefined })));
  });
}

export function chart(options: ChartOptions): HTMLElement {
  const place = h("div", { class: "chart", role: "img", "aria-label": `${options.name}: the figures stand in the table below` });
  let plot: uPlot | null = null;
  const draw = () => {
    plot?.destroy();
    const text = variable("--faint"), grid = variable("--line");
    const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid }, font: "12px system-ui, sans-serif" };
    const right = options.lines.some((line) => line.scale === "right");
    const bands: uPlot.Band[] = options.lines.flatMap((line, i) => line.band === undefined ? [] : [{ series: [i + 1, line.band + 1] as [number, number], fill: colourOf(i) + "22" }]);
    plot = new uPlot({
      width: isPrinting() ? sheetWidth : Math.max(260, place.clientWidth), height: 260, padding: [10, right ? 4 : 26, 0, 0], legend: { live: true }, cursor: { y: false, drag: { x: true, y: false } }, bands,
      scales: { x: { time: false }, y: { distr: options.logY ? 3 : 1, range: options.logY ? undefined : (_u, _min, max) => [0, max > 0 ? max * 1.08 : 1] }, right: { range: (_u, _min, max) => [0, Math.max(1, max * 1.2)] } },
      axes: [
        { ...axis, values: (_u, ticks) => ticks.map(options.xText), ...(options.xTicks ? { splits: () => (options.xTicks as number[]).filter((_, i) => place.clientWidth > 480 || i % 2 === 1) } : {}) },
        { ...axis, size: 76, values: (_u, ticks) => ticks.map((y) => (y == null ? "" : options.yText(y))) },
        ...(right ? [{ ...axis, side: 1 as const, scale: "right", size: 60, incrs: [1, 2, 5, 10, 20, 50, 100, 1e3, 1e4, 1e5, 1e6], grid: { show: false }, values: (_u: uPlot, ticks: number[]) => ticks.map((y) => (options.rightText ?? options.yText)(y)) }] : []),
      ],
      series: [{ label: options.xName, value: (_u, x) => (x == null ? "" : options.xText(x)) }, ...options.lines.map((line, i): uPlot.Series => ({
        label: visible(line.name), scale: line.scale ?? "y", stroke: colourOf(i), width: widthOf(i), dash: dashOf(i),
        points: { show: line.points ?? false, size: 5 }, spanGaps: true, value: (_u, y) => (y == null ? "" : (line.scale ? (options.rightText ?? options.yText) : options.yText)(y)),
        ...(line.stepped ? { paths: (uPlot.paths.stepped as NonNullable<typeof uPlot.paths.stepped>)({ align: 1 }) } : {}),
        ...(line.fill ? { fill: colourOf(i) + "22" } : {}),
      }))],
    }, [options.x, ...options.lines.map((line) => line.values)] as uPlot.AlignedData, place);
    drawLegend(plot);
  };
  new ResizeObserver(() => {
    if (place.clientWidth === 0 || isPrinting()) return;
    if (plot) plot.setSize({ width: Math.max(260, place.clientWidth), height: 260 });
    else draw();
  }).observe(place);
  const again = () => { if (plot && place.isConnected) draw(); };
  addEventListener("themechange", again);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  return h("figure", {}, h("figcaption", {}, options.name), place, table(options));
}
