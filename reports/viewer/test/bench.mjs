// What the HTML report costs in a browser: opening 2,000 cases, and scrolling through 10,000 packets.
// Usage: node bench.mjs (with WIREPROOF and WIREPROOF_MODULES as the tests)
import { launch, longConnection, manyCases, page } from "./support.mjs";

const browser = await launch();
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const many = page("many", manyCases(2_000)), opened = [];
for (let i = 0; i < 5; ++i) {
  const tab = await (await browser.newContext({ viewport: { width: 1280, height: 900 } })).newPage();
  const start = performance.now();
  await tab.goto(many);
  await tab.locator(".matrix a.dot").first().waitFor();
  await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  opened.push(performance.now() - start);
  await tab.context().close();
}
console.log(`open a report of 2,000 cases: median ${median(opened).toFixed(0)} ms, most ${Math.max(...opened).toFixed(0)} ms`);

const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
await tab.goto(page("long", longConnection(10_000)));
await tab.evaluate(() => { location.hash = "#case=" + encodeURIComponent("tcp/close/client-first@ipv6"); });
await tab.locator("button", { hasText: "show all packets" }).click();
const frames = await tab.evaluate(() => new Promise((done) => {
  const ladder = document.querySelector(".ladder"), gaps = [];
  let before = performance.now(), frame = 0;
  const step = (now) => {
    gaps.push(now - before);
    before = now;
    ladder.scrollTop = (ladder.scrollHeight / 240) * ++frame;
    if (frame < 240) requestAnimationFrame(step);
    else done(gaps.slice(2));
  };
  requestAnimationFrame(step);
}));
console.log(`scroll through 10,000 packets: median frame ${median(frames).toFixed(1)} ms, longest ${Math.max(...frames).toFixed(1)} ms of ${frames.length}`);
await browser.close();
