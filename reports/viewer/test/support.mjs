// What the viewer's tests share: the browser, pages watched for what they must never do, the modules in
// use, and pages made of changed reports by the program itself. $WIREPROOF is the program,
// $WIREPROOF_MODULES the node_modules.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export const here = dirname(fileURLToPath(import.meta.url));
export const modules = process.env.WIREPROOF_MODULES ?? join(here, "../../../build/release/viewer/node_modules");
export const program = process.env.WIREPROOF ?? join(here, "../../../build/release/wireproof");
export const require = createRequire(join(modules, "x.js"));

const browsers = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
export const executablePath = browsers.find((path) => path && existsSync(path));

let browser = null;
export const launch = () => browser ??= require("playwright-core").chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });

export const desk = { width: 1280, height: 900 }, phone = { width: 390, height: 844 };
export const caseHash = (id, more = "") => `#case=${encodeURIComponent(id)}${more}`;

// Opens a page and watches it; `check()` fails on anything that a report must never do.
export async function open(url, { viewport = desk, colorScheme = "light" } = {}) {
  const context = await (await launch()).newContext({ viewport, colorScheme, reducedMotion: "reduce" });
  const tab = await context.newPage();
  const wrong = [];
  tab.on("console", (message) => { if (["error", "warning"].includes(message.type())) wrong.push(`console: ${message.text()}`); });
  tab.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  tab.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
  tab.on("request", (request) => { if (request.url().split("#")[0] !== url.split("#")[0] && !request.url().startsWith("data:")) wrong.push(`request: ${request.url()}`); });
  await tab.goto(url);
  await tab.locator("main").waitFor();
  return { tab, check: async () => { assert.deepEqual(wrong, []); await context.close(); }, wrong };
}

// What axe holds against a page as it stands: the serious and the critical.
export async function axeFindings(tab) {
  await tab.evaluate(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
  const found = await tab.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + node.failureSummary).join(" | ")}`);
}

export const folder = mkdtempSync(join(tmpdir(), "wireproof-viewer-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

// The report that the C++ tests write: one case of each kind, with its packets.
export const sample = () => JSON.parse(readFileSync(join(here, "../../testdata/report.json"), "utf8"));
const clone = (value) => JSON.parse(JSON.stringify(value));

// The page of a report, as a file: URL.
export function page(name, report, beside = []) {
  const json = join(folder, `${name}.json`), html = join(folder, `${name}.html`);
  writeFileSync(json, JSON.stringify(report));
  const others = beside.flatMap((other, i) => {
    const path = join(folder, `${name}-base${i || ""}.json`);
    writeFileSync(path, JSON.stringify(other));
    return ["--beside", path];
  });
  execFileSync(program, ["report", json, "--html", html, ...others]);
  return pathToFileURL(html).href;
}

export function manyCases(count) {
  const report = sample(), kinds = report.cases;
  report.cases = Array.from({ length: count }, (_, i) => {
    const one = clone(i % 50 === 7 ? kinds[1] : kinds[0]);
    one.id = `suite-${i % 20}/topic-${Math.floor(i / 100)}/case-${i}@ipv${i % 2 ? 6 : 4}`;
    one.family = `ipv${i % 2 ? 6 : 4}`;
    return one;
  });
  return report;
}

// A case whose one connection has so many segments, each data segment acknowledged.
export function longConnection(count) {
  const report = sample(), one = clone(report.cases[1]);
  report.cases = [one];
  const connection = one.connections[0], [first, ...rest] = connection.segments;
  const middle = Array.from({ length: count - connection.segments.length }, (_, i) => ({
    packet: 0, time_ns: 0, from: i % 2 ? "server" : "client", flags: i % 2 ? ["ACK"] : ["PSH", "ACK"], seq: i % 2 ? 1 : 1 + 50 * i, ack: i % 2 ? 1 + 50 * i : 1,
    ...(i % 2 ? {} : { length: 100 }), window: 65535, raw_seq: 1, raw_ack: 1, ...(i % 97 === 3 ? { marks: ["retransmission"] } : {}),
  }));
  connection.segments = [first, ...rest.slice(0, 2), ...middle, ...rest.slice(2)];
  const moved = new Map();
  connection.segments.forEach((segment, i) => {
    if (segment.packet) moved.set(segment.packet, i + 1);
    segment.packet = i + 1;
    segment.time_ns = 2140000 + i * 40000;
  });
  for (const change of connection.transitions) if (change.packet) change.packet = moved.get(change.packet);
  for (const finding of [...one.findings, ...connection.findings]) finding.packets = finding.packets.map((packet) => moved.get(packet));
  one.frames = [];
  return report;
}
