// The page of a history in a browser, made by the program of runs that were put into one.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { axeFindings, executablePath, folder, launch, open, phone, program, sample } from "./support.mjs";

if (!executablePath) {
  console.log("no Chromium here: skipped");
  process.exit(77);
}

before(launch);
after(async () => { await (await launch()).close(); });

// Thirty runs of two cases: the first takes twice as long from the sixteenth on.
function history() {
  const runs = Array.from({ length: 30 }, (_, i) => {
    const report = sample(), file = join(folder, `run-${i}.json`);
    report.cases = [report.cases[0], report.cases.find((one) => one.id === "udp/exchange@ipv4")];
    report.context = { ...report.context, started_at: `2025-03-${String(i + 1).padStart(2, "0")}T05:06:07.000000000Z`, label: i === 15 ? "<b>nightly</b>" : "nightly", commit: "0123456789abcdef".repeat(2) + String(10000000 + i), branch: "a-branch-with-a-name-that-is-rather-long" };
    report.cases[0].duration_ms = (i < 15 ? 40 : 80) + (i * 7) % 5;
    writeFileSync(file, JSON.stringify(report));
    return file;
  });
  const database = join(folder, "runs.db"), html = join(folder, "history.html");
  execFileSync(program, ["history", "--history", database, "--add", ...runs]);
  execFileSync(program, ["history", "--history", database, "--html", html]);
  return pathToFileURL(html).href;
}
const url = history();

test("a course is shown with its dates, its change and its figures", async () => {
  const { tab, check } = await open(url);
  const text = await tab.locator("main").innerText();
  assert.match(text, /Changes\s+tcp\/close\/client-first@ipv4 duration\s+worse: 42\.0 ms to 82\.0 ms/);
  assert.match(text, /#1 2025-03-01 05:06 nightly, 0123456789/);
  assert.match(text, /#30 2025-03-30 05:06/);
  // What did not change is folded.
  assert.equal(await tab.locator("summary", { hasText: "udp/exchange@ipv4" }).count(), 1);
  assert.equal(await tab.locator("main > .chart").count(), 1);
  assert.equal(await tab.locator(".chart:visible").count(), 1);
  await tab.locator("summary", { hasText: "as a table" }).first().click();
  const rows = await tab.locator("details[open] tbody tr").evaluateAll((all) => all.map((row) => [...row.children].map((cell) => cell.textContent)));
  assert.equal(rows.length, 30);
  assert.deepEqual(rows.map((row) => row[2]).filter(Boolean), ["worse"]);
  assert.match(rows[15][0], /#16 2025-03-16 05:06 <b>nightly<\/b>/);
  assert.match(rows[15][2], /worse/);
  await check();
});

test("it is read on a phone, in light and dark, and by people who see differently", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const { tab, check } = await open(url, { viewport: phone, colorScheme });
    for (const summary of await tab.locator("main > details > summary, main > details[open] summary").all()) await summary.click();
    await tab.locator("summary:visible", { hasText: "as a table" }).first().click();
    assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth), phone.width);
    const small = await tab.evaluate(() => [...document.querySelectorAll("main *")].filter((each) => each.checkVisibility() && each.tagName !== "title" && each.textContent.trim() !== "" && each.getBoundingClientRect().height > 0 && parseFloat(getComputedStyle(each).fontSize) < 11).map((each) => each.outerHTML.slice(0, 80)));
    assert.deepEqual(small, []);
    assert.equal(await tab.locator("svg text").count(), 0, "text in a drawing shrinks with it");
    for (const table of await tab.locator(".scroll").all()) assert.ok(await table.evaluate((each) => each.scrollWidth <= each.clientWidth), "the runs are not cut");
    assert.deepEqual(await axeFindings(tab), [], colorScheme);
    await check();
  }
});
