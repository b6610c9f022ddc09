// What the HTML report costs in a browser: opening 2,000 cases; in connections of 100 and of 10,000 packets
// each key of the ladder, showing all packets, and scrolling.
// Usage: node bench.mjs (with WIREPROOF and WIREPROOF_MODULES as the tests)
import { launch, longConnection, manyCases, page, sample } from "./support.mjs";

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

// From a key, or a click, until its picture is shown; each answered before the next is given.
const timed = (tab, count, act) => tab.evaluate(async ([count, act]) => {
  const shown = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const times = [];
  for (let i = 0; i < count; ++i) {
    await shown();
    const start = performance.now();
    if (act.key) document.querySelector(".ladder").dispatchEvent(new KeyboardEvent("keydown", { key: act.key, bubbles: true, cancelable: true }));
    else [...document.querySelectorAll("button")].find((button) => button.textContent === act.click).click();
    document.body.offsetHeight;  // its layout is of the cost
    times.push(performance.now() - start);
  }
  return times;
}, [count, act]);
const say = (what, times) => console.log(`${what}: median ${median(times).toFixed(1)} ms, longest ${Math.max(...times).toFixed(1)} ms of ${times.length}`);

for (const packets of [100, 10_000]) {
  const tab = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const report = longConnection(packets), frames = sample().cases[1].frames;
  report.cases[0].frames = Array.from({ length: 200 }, (_, i) => ({ ...frames[i % frames.length], packet: i + 1 }));
  await tab.goto(page(`long-${packets}`, report));
  await tab.evaluate(() => { location.hash = "#case=" + encodeURIComponent("tcp/close/client-first@ipv6"); });
  await tab.locator(".ladder .row").first().waitFor();
  say(`${packets} packets, show all`, await timed(tab, 1, { click: "show all packets" }));
  for (const [key, count] of [["ArrowDown", 90], ["ArrowUp", 80], ["End", 1], ["Home", 1], ["n", 2], ["PageUp", 40]]) say(`${packets} packets, key ${key}`, await timed(tab, count, { key }));
  if (packets < 1_000) continue;
  const gaps = await tab.evaluate(() => new Promise((done) => {
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
  say(`${packets} packets, a frame of scrolling`, gaps);
}
await browser.close();
