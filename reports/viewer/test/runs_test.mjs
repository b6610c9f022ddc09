// What real runs wrote, opened case by case: a few scenarios of each kind, run here by the program.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axeFindings, caseHash, executablePath, folder, here, launch, open, page, program } from "./support.mjs";

if (!executablePath) {
  console.log("no Chromium here: skipped");
  process.exit(77);
}

before(launch);
after(async () => { await (await launch()).close(); });

const chosen = ["tcp/exchange.json", "tcp/close", "tcp/reset", "tcp/data/small-writes.json", "udp/fragmentation.json", "udp/port-unreachable.json", "udp/two-clients.json",
  "unix", "wire/close/fin-ack-lost.json", "wire/close/simultaneous.json", "wire/data/segment-reordered.json", "wire/data/path-mtu.json", "wire/link", "wire/open/syns-lost.json",
  "wire/udp", "load/unix.json", "known-bad/resets.json", "known-bad/udp-other-port.json", "known-bad/crashes-after-accept.json"];

test("every case of a real run opens whole", async (t) => {
  const out = join(folder, "run");
  const ran = spawnSync(program, ["run", "--out", out, ...chosen.map((name) => join(here, "../../../scenarios", name))]);
  const report = JSON.parse(readFileSync(join(out, "report.json"), "utf8"));
  if (ran.status === 3) return t.skip("no lab here");
  const url = page("run", report);
  const { tab, check, wrong } = await open(url);
  const seen = { wire: 0, load: 0, kernel: 0, exchanges: 0, connections: 0 };
  for (const one of report.cases) {
    await tab.evaluate((hash) => { location.hash = hash; }, caseHash(one.id));
    await tab.locator("h1", { hasText: one.id }).waitFor();
    if (one.connections.length + one.exchanges.length > 0) await tab.locator(".ladder .row").first().waitFor();
    assert.equal(await tab.locator(".broken").count(), 0, `${one.id}: ${await tab.locator(".broken").allTextContents()}`);
    assert.deepEqual(wrong, [], one.id);
    if (one.wire?.decisions.length) {
      ++seen.wire;
      const text = await tab.locator("details", { hasText: "The wire:" }).textContent();
      for (const lane of Object.values(one.wire_link).filter((each) => each.received !== undefined)) assert.ok(text.includes(lane.received.toLocaleString("en")), one.id);
      for (const decision of one.wire.decisions) assert.ok(text.includes(decision.name) && text.includes(decision.deed), `${one.id}: ${decision.name}`);
    }
    seen.load += one.load ? 1 : 0;
    seen.kernel += one.kernel.readings.length > 0 ? 1 : 0;
    seen.exchanges += one.exchanges.length;
    seen.connections += one.connections.length;
  }
  await check();
  // Without the right to emulate a link, or to use namespaces, some are skipped: but not where all is granted.
  if (report.cases.some((one) => one.wire)) assert.ok(seen.wire >= 10, JSON.stringify(seen));
  for (const [kind, count] of Object.entries(seen)) assert.ok(kind === "wire" || count > 0, JSON.stringify(seen));
});

test("a packet that the link dropped is told at its arrow, and by its number in its sender's capture", async (t) => {
  const out = join(folder, "lost");
  const ran = spawnSync(program, ["run", "--out", out, join(here, "../../../scenarios/wire/open/syn-lost.json")]);
  const report = JSON.parse(readFileSync(join(out, "report.json"), "utf8"));
  const one = report.cases[0];
  if (ran.status === 3 || !one.wire_link) return t.skip("no emulated link here");
  const number = one.wire_link.moments[0].packet, decision = one.wire.decisions[0];
  assert.match(decision.direction, /^client/);
  const { tab, check } = await open(page("lost", report) + caseHash(one.id, `&packet=${number}`));
  const row = tab.getByRole("option", { name: new RegExp(`^packet ${number}, client to server, SYN.*dropped by rule ${decision.name}`) });
  assert.equal(await row.count(), 1);
  assert.equal(await row.locator(".stop").count(), 1);
  assert.match(await tab.locator(".panel").textContent(), new RegExp(`dropped by rule “${decision.name}”`));
  assert.deepEqual(await axeFindings(tab), []);
  await check();
});
