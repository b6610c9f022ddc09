#!/usr/bin/env python3
"""Measures the wire's link and says whether it keeps what docs/wire.md promises: its rate beside a
bare forwarder of the same run, round trip, delay, loss and rate limit. Each figure is the median of
so many repetitions. Exit status 1: a figure is not kept (or the machine is busy).
Usage: ci/wire-check.py [REPETITIONS]   (after ci/bench.sh or a build of wire_bench)"""

import json
import pathlib
import statistics
import subprocess
import sys

BENCH = pathlib.Path(__file__).parents[1] / "build/release/bench/wire_bench"


def measured(repetitions):
    """Counters of each benchmark by its name, a list of values each."""
    told = subprocess.run(
        [BENCH, "--benchmark_format=json", f"--benchmark_repetitions={repetitions}",
         "--benchmark_min_time=0.2"], check=True, stdout=subprocess.PIPE).stdout
    found = {}
    for one in json.loads(told)["benchmarks"]:
        if one.get("error_occurred"):
            sys.exit(f"{one['name']}: {one['error_message']}")
        if one["run_type"] != "iteration":
            continue
        name = one["run_name"].split("/iterations:")[0].removesuffix("/real_time")
        for key, value in one.items():
            if isinstance(value, (int, float)):
                found.setdefault(name, {}).setdefault(key, []).append(value)
    return found


def main():
    figures = measured(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
    kept = True

    def median(name, key):
        return statistics.median(figures[name][key])

    def tell(what, seen, wanted, good):
        nonlocal kept
        kept = kept and good
        print(f"{'ok ' if good else 'NOT'}  {what:<44} {seen:<28} wanted: {wanted}")

    for size in (60, 1514):
        rates = {kind: f"ForwardingRate/forwarder:{kind}/bytes:{size}" for kind in (0, 2, 3)}
        bare, link, ruled = (median(rates[kind], "items_per_second") for kind in (0, 2, 3))
        tell(f"forwarding rate, {size} bytes", f"{link / 1e3:.0f} of {bare / 1e3:.0f} kframes/s = {link / bare:.2f}",
             "0.9 of a bare forwarder", link >= 0.9 * bare)
        tell(f"  with four rules, {size} bytes", f"{ruled / 1e3:.0f} kframes/s = {ruled / bare:.2f}", "(no limit)", True)
        lost = sum(sum(figures[rates[2]][key]) for key in ("missing", "lost"))
        tell(f"  lost, {size} bytes", f"{lost:.0f}", "0", lost == 0)
    for kind, name in ((0, "bare forwarder"), (2, "link at rest"), (3, "link with four rules")):
        trip = median(f"TcpRoundTrip/forwarder:{kind}", "median_us")
        limit = "under 60 us" if kind == 2 else "(no limit)"
        tell(f"TCP round trip, {name}", f"{trip:.1f} us (median)", limit, kind != 2 or trip < 60)
    for us in (1000, 10_000, 100_000):
        error = median(f"DelayError/us:{us}", "median_error_us")
        tell(f"delay of {us // 1000} ms", f"{error:.0f} us off (median)", "under 100 us", error < 100)
    for percent in (1, 10):
        for seed in (1, 2, 3):
            name = f"LossRate/percent:{percent}/seed:{seed}"
            off = median(name, "deviations")
            tell(f"loss of {percent} %, 100,000 packets, seed {seed}",
                 f"{median(name, 'lost_percent'):.3f} %, {off:+.2f} deviations", "within 2.58 (99 %)", abs(off) < 2.58)
    for rate in (1, 10, 100):
        percent = median(f"RateLimited/Mbit:{rate}", "percent_of_rate")
        tell(f"rate limit of {rate} Mbit/s", f"{percent:.2f} % of it", "98 to 102 %", abs(percent - 100) <= 2)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
