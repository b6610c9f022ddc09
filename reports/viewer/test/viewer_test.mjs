// The HTML report in a browser, as a person uses it: from a file, by mouse and by keyboard, in light and
// dark, on a desk and on a phone; and with text in it that wants to be more than text.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axeFindings, caseHash, executablePath, launch, longConnection, manyCases, open, page, phone, sample } from "./support.mjs";

if (!executablePath) {
  console.log("no Chromium here: skipped");
  process.exit(77);
}

before(launch);
after(async () => { await (await launch()).close(); });

const failed = "tcp/close/client-first@ipv6";

const selectedPacket = (tab) => tab.locator(".panel h3").textContent();
const ids = (tab) => tab.locator(".matrix a.dot").evaluateAll((dots) => dots.map((dot) => dot.getAttribute("title")));

test("the summary names what broke first, and leads to the packet", async () => {
  const { tab, check } = await open(page("sample", sample()));
  assert.match(await tab.locator("h1").textContent(), /3 of 10 cases did not pass/);
  const cause = tab.locator(".cause").first();
  assert.match(await cause.textContent(), /failed.*tcp\.close\.fin-acknowledged.*ACK number 9.*ACK number 8/s);
  await cause.locator("a").first().click();
  assert.match(await tab.locator("h1").textContent(), /failed.*client-first@ipv6/);
  await tab.locator("button.packet", { hasText: "11" }).click();
  assert.match(await selectedPacket(tab), /Packet 11/);
  assert.match(await tab.locator(".panel").textContent(), /acknowledgement number/);
  assert.match(await tab.locator(".ladder").textContent(), /ESTABLISHED/);
  assert.match(new URL(tab.url()).hash, /packet=11/);
  await tab.reload();
  await tab.locator(".panel h3").waitFor();
  assert.match(await selectedPacket(tab), /Packet 11/);
  await tab.goBack();
  await tab.locator(".headline").waitFor();
  await check();
});

test("packets are walked by keyboard", async () => {
  const { tab, check } = await open(page("sample", sample()) + caseHash(failed));
  await tab.locator(".ladder .row").first().waitFor();
  await tab.locator(".ladder").focus();
  await tab.keyboard.press("ArrowDown");
  assert.match(await selectedPacket(tab), /Packet 1 /);
  await tab.keyboard.press("j");
  assert.match(await selectedPacket(tab), /Packet 2 /);
  const active = await tab.locator(".ladder").getAttribute("aria-activedescendant");
  const spoken = tab.getByRole("option", { name: /^packet 2, server to client, SYN ACK.*server becomes SYN_RECEIVED$/ });
  assert.equal(await spoken.getAttribute("id"), active);
  await tab.keyboard.press("ArrowUp");
  assert.match(await selectedPacket(tab), /Packet 1 /);
  await tab.keyboard.press("n");
  assert.match(await selectedPacket(tab), /Packet 10 /);
  await tab.keyboard.press("Home");
  assert.match(await selectedPacket(tab), /Packet 1 /);
  await tab.keyboard.press("End");
  assert.match(await selectedPacket(tab), /Finding|kernel|Packet 11/);
  await check();
});

test("a key moves the mark, and draws rows anew only where they run out", async () => {
  const { tab, check } = await open(page("long-walk", longConnection(600)) + caseHash(failed));
  await tab.locator("button", { hasText: "show all packets" }).click();
  await tab.locator(".ladder .row").first().waitFor();
  await tab.locator(".ladder").focus();
  await tab.keyboard.press("ArrowDown");
  await tab.evaluate(() => { for (const row of document.querySelectorAll(".ladder .row")) row.known = true; });
  for (let i = 0; i < 12; ++i) await tab.keyboard.press("ArrowDown");
  const marked = () => tab.locator(".ladder .row.selected").evaluateAll((rows) => rows.map((row) => [row.id, row.getAttribute("aria-selected"), row.known === true]));
  assert.deepEqual(await marked(), [["row-12", "true", true]]);
  assert.equal(await tab.locator('.ladder [aria-selected="true"]').count(), 1);
  assert.equal(await tab.locator(".ladder .row").evaluateAll((rows) => rows.every((row) => row.known)), true);
  for (let i = 0; i < 40; ++i) await tab.keyboard.press("ArrowDown");
  assert.deepEqual(await marked(), [["row-52", "true", false]]);
  assert.match(await selectedPacket(tab), /Packet 53 /);
  await tab.waitForFunction(() => location.hash.includes("packet=53"));
  await tab.locator(".ladder .row").nth(40).click();
  assert.equal((await marked()).length, 1);
  await check();
});

test("a chosen field shows its bytes, and a byte its field", async () => {
  const { tab, check } = await open(page("sample", sample()) + caseHash(failed, "&packet=4"));
  await tab.locator(".fields tr", { hasText: "sequence number" }).first().hover();
  assert.equal(await tab.locator(".dump .byte.on").count(), 4);
  await tab.locator(".dump .byte").nth(14).hover();
  assert.match(await tab.locator(".fields tr.on").textContent(), /version, header length/);
  assert.match(await tab.locator(".panel").textContent(), /Payload.*suc/s);
  await check();
});

test("filters stay over a reload, and in a link", async () => {
  const report = sample();
  const { tab, check } = await open(page("sample", report));
  await tab.locator(".chip.failed").click();
  assert.deepEqual(await ids(tab), [`${failed}: failed`]);
  await tab.reload();
  await tab.locator(".matrix").waitFor();
  assert.deepEqual(await ids(tab), [`${failed}: failed`]);
  assert.equal(await tab.locator(".chip.failed").getAttribute("aria-pressed"), "true");
  await tab.locator("button", { hasText: /^clear$/ }).click();
  assert.equal((await ids(tab)).length, 10);
  await tab.locator("input[type=search]").fill("client-first !ipv6");
  assert.deepEqual(await ids(tab), ["tcp/close/client-first@ipv4: passed"]);
  await tab.locator("input[type=search]").fill("");
  await tab.getByLabel("Filter by rule").selectOption("tcp.close.fin-acknowledged");
  assert.equal((await ids(tab)).length, 2);
  await tab.getByLabel("Filter by tag").selectOption("close");
  await tab.locator(".dot.failed").click();
  assert.match(await tab.locator(".walk").textContent(), /1 of 2 filtered/);
  await tab.locator(".walk a", { hasText: "next" }).click();
  assert.match(await tab.locator("h1").textContent(), /never-closes/);
  await tab.locator(".walk a", { hasText: "summary" }).click();
  assert.equal(await tab.getByLabel("Filter by rule").inputValue(), "tcp.close.fin-acknowledged");
  await tab.locator("input[type=search]").fill("nothing-like-it");
  assert.match(await tab.locator(".results").textContent(), /No case fits/);
  await check();
});

const hostile = "<img src=x onerror=alert(1)><script>window.pwned=1</script>\u001b[31m\u202e\u0000\ufffe]]>'\"`${alert(2)}--><svg onload=alert(3)>javascript:alert(4)";

// Every text of the report becomes hostile, but for words that the page must understand.
function spoil(value, key = "") {
  if (typeof value === "string") return /^(status|verdict.*|from|to|side|role|severity|blame|state|opening|closing|closed_first|address|started_at|.*_hex|checksum|pairing|deed|cause|flags|marks)$/.test(key) || (key === "kind" && /^[a-z]+$/.test(value)) ? value : hostile + value;
  if (Array.isArray(value)) return value.map((item) => spoil(item, key));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, item]) => [name === "parameters" ? name : name, spoil(item, name)]));
  return value;
}

test("hostile text stays text", async () => {
  const report = spoil(sample());
  report.cases[0].parameters = { [hostile]: hostile, __proto__x: "1" };
  report.cases[0].targets[0].output = "<b>" + "x".repeat(10_000_000) + hostile;
  report.cases[0].captures[0].file = "javascript:alert(5)//../" + hostile;
  const url = page("hostile", report);
  const { tab, check } = await open(url);
  assert.match(await tab.locator(".headline").textContent(), /did not pass/);
  for (let i = 0; i < report.cases.length; ++i) {
    await tab.goto(url + caseHash(report.cases[i].id));
    await tab.locator("h1.mono").waitFor();
    assert.match(await tab.locator("h1").textContent(), /<img src=x onerror=alert\(1\)>/);
    assert.doesNotMatch(await tab.locator("main").textContent(), /[\u0000-\u0008\u001b\u202e]/);
    for (const href of await tab.locator("a").evaluateAll((links) => links.map((link) => link.protocol))) assert.equal(href, "file:");
    assert.equal(await tab.locator("main img, main script, main svg svg, [onerror], [onload]").count(), 0);
  }
  assert.equal(await tab.evaluate("window.pwned"), undefined);
  await check();
});

test("a part that cannot be drawn says so in its place, and the rest stands", async () => {
  const { tab } = await open(page("sample", sample()));
  await tab.evaluate(() => {
    const block = document.getElementById("case-0");
    block.textContent = JSON.stringify({ ...JSON.parse(block.textContent), wire: { seed: 1, decisions: 5 } });
    location.hash = "#case=" + encodeURIComponent("tcp/close/client-first@ipv4");
  });
  await tab.locator("h1", { hasText: "client-first@ipv4" }).waitFor();
  assert.match(await tab.locator(".broken").last().textContent(), /The wire cannot be shown: TypeError/);
  assert.match(await tab.locator("main").textContent(), /Steps.*Programs.*Look further.*run.*--filter/s);
});

test("the page's policy stops what got in all the same", async () => {
  const { tab, wrong } = await open(page("sample", sample()));
  await tab.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.pwned = 1";
    document.body.append(script);
    const image = document.createElement("img");
    image.src = "https://example.invalid/x.png";
    document.body.append(image);
  });
  await tab.waitForFunction(() => document.images.length === 1);
  assert.equal(await tab.evaluate("window.pwned"), undefined);
  assert.ok(wrong.some((text) => /Content Security Policy/.test(text)), wrong.join("\n"));
});

test("a long connection is folded, unfolded, and drawn only where it is seen", async () => {
  const { tab, check } = await open(page("long", longConnection(10_000)) + caseHash(failed));
  await tab.locator(".ladder .row").first().waitFor();
  assert.ok(await tab.locator(".row.fold").count() > 0);
  await tab.locator("button", { hasText: "show all packets" }).click();
  await tab.locator(".ladder").focus();
  await tab.keyboard.press("End");
  await tab.keyboard.press("ArrowUp");
  assert.match(await selectedPacket(tab), /Packet 10000 /);
  assert.ok(await tab.locator(".ladder .row").count() < 120);
  await tab.keyboard.press("p");
  assert.match(await selectedPacket(tab), /Packet 9999 /);
  await tab.keyboard.press("Home");
  assert.match(await selectedPacket(tab), /Packet 1 /);
  await check();
});

test("two thousand cases are all there", async () => {
  const { tab, check } = await open(page("many", manyCases(2_000)));
  assert.equal(await tab.locator(".matrix a.dot").count(), 2_000);
  assert.match(await tab.locator("h1").textContent(), /40 of 2,000 cases did not pass/);
  await tab.locator("input[type=search]").fill("case-1999");
  assert.equal(await tab.locator(".matrix a.dot").count(), 1);
  await check();
});

test("people who see differently can use it too", async () => {
  const url = page("sample", sample());
  for (const colorScheme of ["light", "dark"]) {
    for (const hash of ["", caseHash(failed, "&packet=4"), caseHash("udp/exchange@ipv4"), caseHash("user/server@ipv4")]) {
      const { tab, check } = await open(url + hash, { colorScheme });
      assert.deepEqual(await axeFindings(tab), [], `${colorScheme} ${hash}`);
      await check();
    }
  }
});

test("nothing is wider than a phone", async () => {
  const url = page("sample", sample());
  for (const hash of ["", caseHash(failed, "&packet=4"), caseHash("udp/exchange@ipv4")]) {
    const { tab, check } = await open(url + hash, { viewport: phone });
    assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth), phone.width, hash);
    await check();
  }
});

test("marks of one cell say by what their cases differ", async () => {
  const report = sample(), [one] = report.cases;
  const made = (id, parameters) => ({ ...one, id, parameters: { family: "ipv4", ...parameters } });
  report.cases = [made("a@1", { topology: "loopback", shape: "four-way" }), made("a@2", { topology: "veth", shape: "four-way" }), made("b@1", { connections: "1" }), made("b@16", { connections: "16" }), made("c", { shape: "alone" })];
  const { tab, check } = await open(page("cells", report), { viewport: phone });
  assert.deepEqual(await tab.locator(".matrix a.dot").allTextContents(), ["✓loopback", "✓veth", "✓connections=1", "✓connections=16", "✓"]);
  assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth), phone.width);
  assert.deepEqual(await axeFindings(tab), []);
  await check();
});

test("a wire's decisions stand at their packets, and in a table", async () => {
  const url = page("wired", sample()) + caseHash("wire/close/ack-lost@ipv4");
  for (const colorScheme of ["light", "dark"]) {
    const { tab, check } = await open(url, { colorScheme, viewport: phone });
    assert.equal(await tab.getByRole("option", { name: /^packet 3, client to server.*dropped by rule lose-ack/ }).count(), 1);
    assert.equal(await tab.getByRole("option", { name: /^wire: delayed by rule hold-answer/ }).count(), 1);
    await tab.locator("summary", { hasText: "The wire: 2 decisions" }).click();
    assert.match(await tab.locator("details", { hasText: "The wire:" }).textContent(), /client → server5410.*lose-ack.*packet 3.*delayed 20 ms/s);
    assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth), phone.width);
    assert.deepEqual(await axeFindings(tab), [], colorScheme);
    await check();
  }
});

test("what the kernel said stands between the packets", async () => {
  const { tab, check } = await open(page("kernel", sample()) + caseHash("tcp/close/states@ipv4"));
  assert.equal(await tab.getByRole("option", { name: /^the client's kernel says ESTABLISHED \(step 2\)/ }).count(), 1);
  await tab.locator("summary", { hasText: "The kernel's word" }).click();
  assert.match(await tab.locator("details", { hasText: "The kernel's word" }).textContent(), /step 2 \(client\).*ESTABLISHED.*when all was quiet.*TIME_WAIT/s);
  await check();
});

test("the theme is chosen by a button, and printing is light", async () => {
  const { tab, check } = await open(page("sample", sample()) + caseHash(failed));
  const back = () => tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await back();
  await tab.locator("button.theme").click();
  await tab.locator("button.theme").click();
  assert.notEqual(await back(), light);
  await tab.emulateMedia({ media: "print" });
  assert.equal(await back(), "rgb(255, 255, 255)");
  assert.equal(await tab.locator("button.theme").isVisible(), false);
  assert.equal(await tab.locator(".panel").isVisible(), false, "of no packet there is nothing to print");
  await tab.emulateMedia({ media: "screen" });
  await tab.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  await tab.locator(".ladder .row").first().click();
  await tab.emulateMedia({ media: "print" });
  assert.equal(await tab.locator(".panel").isVisible(), true);
  await check();
});
