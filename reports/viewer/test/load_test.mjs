// A load's part of the HTML report: its charts, percentiles to the last that samples bear, several runs one
// over the other, on a phone, on paper, and for people who see differently.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { axeFindings, caseHash, executablePath, folder, here, launch, open, page, phone, program, require, sample } from "./support.mjs";

if (!executablePath) {
  console.log("no Chromium here: skipped");
  process.exit(77);
}

before(launch);
after(async () => { await (await launch()).close(); });

const first = "load/requests@ipv4", second = "load/requests@ipv6";
const hdr = require("hdr-histogram-js");

// A hundred thousand times: most near 30 us, one in a thousand a hundred times as long.
function histogram(scale) {
  const made = hdr.build({ lowestDiscernibleValue: 1, highestTrackableValue: 60e9, numberOfSignificantValueDigits: 3, bitBucketSize: 64, useWebAssembly: false });
  for (let i = 0; i < 100_000; ++i) made.recordValue(scale * (i % 1000 === 7 ? 3_000_000 + 10 * i : 30_000 + (i % 997) * 20));
  return made;
}

// Two loads, the second twice as slow, and errors in both.
function loads() {
  const report = sample(), one = report.cases.find((each) => each.id === first);
  one.load.phases[0] = { ...one.load.phases[0], count: 100_000, most_ns: histogram(1).maxValue, percentiles: [{ quantile: 0.5, value_ns: histogram(1).getValueAtPercentile(50) }], histogram: hdr.encodeIntoCompressedBase64(histogram(1)) };
  const other = JSON.parse(JSON.stringify(one));
  other.id = second;
  other.load.phases[0] = { ...other.load.phases[0], most_ns: histogram(2).maxValue, histogram: hdr.encodeIntoCompressedBase64(histogram(2)) };
  for (const point of other.load.series) for (const key of ["p50_ns", "p99_ns", "most_ns"]) if (point[key]) point[key] *= 2;
  report.cases = [one, other];
  return report;
}
const url = page("loads", loads());
const figure = (tab, name) => tab.locator("figure").filter({ has: tab.locator("figcaption", { hasText: name }) });
const drawn = (tab) => figure(tab, "Latency by percentile").locator("canvas").waitFor();

async function tableOf(tab, name) {
  await figure(tab, name).locator("summary").click();
  await figure(tab, name).locator("details td").first().waitFor();
  return figure(tab, name).locator("details tbody tr").evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
}

test("the histogram's percentiles are those of HdrHistogram, up to the last with ten samples beyond it", async () => {
  const out = join(mkdtempSync(join(folder, "histogram-")), "histogram.mjs");
  await require("esbuild").build({ entryPoints: [join(here, "../src/histogram.ts")], bundle: true, format: "esm", outfile: out, logLevel: "error" });
  const { percentileSteps } = await import(pathToFileURL(out).href);
  rmSync(out);
  const made = histogram(1), steps = await percentileSteps(hdr.encodeIntoCompressedBase64(made));
  assert.ok(steps.length > 100, String(steps.length));
  for (const { remaining, value } of steps) {
    assert.ok(remaining * 100_000 >= 10 - 1e-6);
    // Where a step falls just between two samples, rounding may take the one or the other.
    const near = [0, 1e-7, -1e-7].map((less) => made.getValueAtPercentile(Math.max(0, (1 - remaining + less) * 100)));
    assert.ok(near.includes(value), `${1 - remaining}: ${value}, not ${near}`);
  }
  assert.ok(Math.abs(steps.at(-1).remaining - 1e-4) < 1e-9, "99.99 % has ten beyond it");
  await assert.rejects(percentileSteps("HISTFAAAAAB4nA=="));
  await assert.rejects(percentileSteps("bm90IGEgaGlzdG9ncmFtIGF0IGFsbA=="));
  assert.deepEqual(await percentileSteps(hdr.encodeIntoCompressedBase64(hdr.build())), []);
});

test("a load is drawn from where its measuring began, and told as tables", async () => {
  const { tab, check } = await open(url + caseHash(first));
  await drawn(tab);
  const percentiles = new Map(await tableOf(tab, "Latency by percentile"));
  for (const percent of ["50 %", "90 %", "99 %", "99.9 %", "99.99 %"]) assert.ok(percentiles.has(percent), percent);
  assert.ok(percentiles.size > 100);
  assert.equal(percentiles.get("50 %"), `${Number((histogram(1).getValueAtPercentile(50) / 1000).toFixed(1))} µs`);
  const course = await tableOf(tab, "Answers a second, and errors");
  assert.deepEqual(course.map((row) => row[0]), Array.from({ length: 10 }, (_, i) => `${i + 1} s`));
  assert.ok(course.every((row) => row[1] === "998/s"), JSON.stringify(course));
  assert.deepEqual(course.map((row) => row[2]), ["0", "0", "0", "0", "0", "0", "4", "5", "0", "0"]);
  assert.match(await tab.locator("main").textContent(), /machine stalled.*p99 < 2ms/s);
  await check();
});

test("lines are told apart without colour: the legend shows their dashes", async () => {
  const report = loads();
  const [phase] = report.cases[0].load.phases;
  report.cases[0].load.phases = ["latency", "connect", "first_byte", "transmit", "remote", "service"].map((name) => ({ ...phase, phase: name }));
  const { tab, check } = await open(page("phases", report) + caseHash(first));
  await drawn(tab);
  const lines = await figure(tab, "Latency by percentile").locator(".u-legend line").evaluateAll((all) => all.map((line) => line.getAttribute("stroke-dasharray") ?? "whole"));
  assert.equal(lines.length, 6);
  assert.equal(new Set(lines).size, 6, lines.join("; "));
  assert.equal(await tab.locator(".u-legend .u-marker").count(), 0);
  await check();
});

test("runs are laid one over the other, and a reload keeps them", async () => {
  const { tab, check } = await open(url + caseHash(first));
  await drawn(tab);
  await tab.locator("summary", { hasText: "lay other runs" }).click();
  await tab.getByLabel(second).check();
  const kept = async () => {
    await figure(tab, "Largest over time").locator("canvas").waitFor();
    const names = await tab.locator("figcaption").allTextContents();
    assert.deepEqual(names, ["Latency by percentile", "99th percentile over time", "Largest over time", "Answers a second", "Errors and timeouts"]);
    for (const legend of await tab.locator(".u-legend").allTextContents()) assert.match(legend, /requests@ipv4.*requests@ipv6/);
  };
  await kept();
  const box = await tab.getByLabel(second).boundingBox(), label = await tab.locator(".overlay label span").boundingBox();
  assert.ok(box.x + box.width <= label.x && Math.abs(box.y + box.height / 2 - label.y - label.height / 2) < 4, "a box stands beside its label");
  await tab.reload();
  await kept();
  assert.equal(await tab.getByLabel(second).isChecked(), true);
  const largest = await tableOf(tab, "Largest over time");
  assert.deepEqual(largest[0], ["0 s", "95 µs", "190 µs"]);
  assert.equal(largest.length, 10);
  assert.ok((await tableOf(tab, "Answers a second")).every((row) => row[1] === "998/s"));
  assert.deepEqual((await tableOf(tab, "Errors and timeouts")).map((row) => row[1]), ["0", "0", "0", "0", "0", "0", "4", "5", "0", "0"]);
  await tab.getByLabel(second).uncheck();
  await figure(tab, "Latency over time").waitFor();
  assert.doesNotMatch(new URL(tab.url()).hash, /over=/);
  await check();
});

test("another run's load, and another repetition's, are laid over it", async () => {
  const base = loads(), next = loads();
  next.cases = [next.cases[0], structuredClone(next.cases[0]), next.cases[1]];
  base.cases[1].id = "gone";
  base.cases.push({ ...sample().cases[0], id: "no-load" });
  const { tab, check } = await open(page("next", next, [base]) + caseHash(first));
  await drawn(tab);
  await tab.locator("summary", { hasText: "lay other runs" }).click();
  const names = await tab.locator(".overlay label").allTextContents();
  assert.equal(names.length, 4, names.join("; "));
  assert.deepEqual(names.slice(0, 2), [`${first} #2`, second]);
  assert.match(names[2], new RegExp(`next-base.json: ${first}$`));
  assert.match(names[3], /next-base.json: gone$/);
  await tab.getByLabel(names[2]).check();
  await figure(tab, "Largest over time").locator("canvas").waitFor();
  for (const legend of await tab.locator(".u-legend").allTextContents()) assert.ok(legend.includes(names[2]), legend);
  await tab.reload();
  await figure(tab, "Largest over time").locator("canvas").waitFor();
  assert.equal(await tab.getByLabel(names[2]).isChecked(), true);
  await check();
});

test("it fits a phone, and people who see differently can use it", async () => {
  const over = `&over=${encodeURIComponent(second)}`;
  for (const colorScheme of ["light", "dark"]) {
    for (const hash of [caseHash(first), caseHash(first, over)]) {
      const { tab, check } = await open(url + hash, { colorScheme, viewport: phone });
      await drawn(tab);
      await tab.locator("figure summary").first().click();
      assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth), phone.width, hash);
      assert.deepEqual(await axeFindings(tab), [], `${colorScheme} ${hash}`);
      await check();
    }
  }
});

// The share of a chart's drawn pixels that are dark, and whether its grid has the dark theme's colour.
const inks = (tab) => tab.locator(".chart canvas").first().evaluate((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let darkGrid = 0, lightGrid = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < 250) continue;
    if (data[i] === 0x30 && data[i + 1] === 0x39 && data[i + 2] === 0x48) ++darkGrid;
    if (data[i] === 0xdd && data[i + 1] === 0xe1 && data[i + 2] === 0xe7) ++lightGrid;
  }
  return { dark: darkGrid > 100, light: lightGrid > 100 };
});

test("on paper it is light, whole and open, and afterwards as it was", async () => {
  const { tab, check } = await open(url + caseHash(first), { colorScheme: "dark", viewport: { width: 690, height: 1000 } });
  await drawn(tab);
  assert.deepEqual(await inks(tab), { dark: true, light: false });
  const theme = () => tab.evaluate(() => document.documentElement.dataset.theme ?? "auto");
  const closed = await tab.locator("details:not([open])").count();
  for (const how of ["the page's events", "the medium"]) {
    if (how === "the medium") await tab.emulateMedia({ media: "print", colorScheme: "dark" });
    else await tab.evaluate(() => dispatchEvent(new Event("beforeprint")));
    await tab.waitForFunction(() => document.documentElement.dataset.theme === "light");
    assert.deepEqual(await inks(tab), { dark: false, light: true }, how);
    assert.equal(await tab.locator("details:not([open]):not(.unprinted)").count(), 0, how);
    if (how === "the medium") {
      assert.equal(await tab.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
      const cut = await tab.evaluate(() => [...document.querySelectorAll("table, canvas, svg, pre")].filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > innerWidth).map((each) => each.outerHTML.slice(0, 80)));
      assert.deepEqual(cut, []);
      await tab.emulateMedia({ media: "screen", colorScheme: "dark" });
    } else {
      await tab.evaluate(() => dispatchEvent(new Event("afterprint")));
    }
    await tab.waitForFunction(() => document.documentElement.dataset.theme === undefined);
    assert.equal(await theme(), "auto");
    assert.deepEqual(await inks(tab), { dark: true, light: false }, how);
    assert.equal(await tab.locator("details:not([open])").count(), closed);
  }
  await check();
});

test("what a real load wrote is drawn: percentiles, course, proof, and one run over the other", async (t) => {
  const out = join(folder, "load");
  const server = `${join(dirname(program), "targets/tcp-server")} {address} {port} --exchanges 0 --quiet --backlog 64`;
  const ran = spawnSync(program, ["load", "tcp://127.0.0.1", "--server", server, "-d", "1s", "-a", "success", "--sweep", "connections=1,4", "--out", out]);
  if (ran.status === 3) return t.skip("no lab here");
  assert.equal(ran.status, 0, String(ran.stdout) + ran.stderr);
  const report = JSON.parse(readFileSync(join(out, "report.json"), "utf8"));
  const load = report.cases[0].load;
  const { tab, check } = await open(page("real-load", report) + caseHash("load@connections=1"));
  await drawn(tab);
  const names = (await tab.locator("figcaption").allTextContents()).join("\n");
  assert.match(names, /Latency by percentile\n.*Latency over time\n.*Answers a second/s);
  const text = await tab.locator("main").textContent();
  assert.match(text, new RegExp(`answered${load.answered.toLocaleString("en-US")}`));
  assert.match(text, /1 connections made, 1 handshakes and 1 closes proven/);
  assert.match(text, /the HdrHistogram log/);
  for (const phase of load.phases) assert.ok(text.includes(phase.phase), phase.phase);
  // The curve and the named percentiles are of one histogram.
  const shown = await figure(tab, "Latency by percentile").locator("summary").click().then(() => figure(tab, "Latency by percentile").locator("details tbody tr").filter({ has: tab.locator("th", { hasText: /^50 %$/ }) }).locator("td").first().textContent());
  const named = await tab.locator('[aria-label="Latency by phase"] tbody tr').first().locator("td").nth(1).textContent();
  assert.ok(named.startsWith(shown), `${shown} and ${named}`);
  await tab.locator("summary", { hasText: "lay other runs" }).click();
  await tab.getByLabel("connections=4").check();
  await figure(tab, "Largest over time").waitFor();
  assert.match(await tab.locator(".u-legend").first().textContent(), /connections=4/);
  await check();
});
