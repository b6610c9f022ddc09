// Reads the histograms of a report with HdrHistogram's own JavaScript library, and prints what that
// makes of them: {phase: {count, max, values: [[quantile, ns], ...]}}. For test_load.py.
const hdr = require("hdr-histogram-js");
const fs = require("fs");

const load = JSON.parse(fs.readFileSync(process.argv[2])).cases[0].load;
const found = {};
for (const phase of load.phases) {
  const histogram = hdr.decodeFromCompressedBase64(phase.histogram);
  found[phase.phase] = {
    count: histogram.totalCount,
    max: histogram.maxValue,
    values: phase.percentiles.map((p) => [p.quantile, histogram.getValueAtPercentile(p.quantile * 100)]),
  };
}
console.log(JSON.stringify(found));
