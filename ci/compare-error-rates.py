#!/usr/bin/env python3
"""How often `wireproof compare` cries wolf, and how often it misses: the figures of docs/compare.md.

Compares the same with the same (any change that it names is a false alarm), and with itself made a
tenth slower (what it must find), many times, on simulated noise and on what a machine measured:

    ci/compare-error-rates.py                      simulated noise
    ci/compare-error-rates.py --measure            runs a scenario here as often as it takes, first
    ci/compare-error-rates.py --report REPORT      what an earlier run with --repeat measured

Measured noise is compared in two ways: repetitions taken in turn, one of the base and one of the new
run, as docs/compare.md advises; and block by block, each of --runs repetitions one after the other,
as two runs would have them: what the machine did between them counts. $WIREPROOF is the program.
"""

import argparse
import concurrent.futures
import json
import math
import os
import pathlib
import random
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).parents[1]
PROGRAM = os.environ.get("WIREPROOF", str(ROOT / "build/release/wireproof"))


def lognormal(sigma):
    return lambda rng, n: [math.exp(sigma * rng.gauss(0, 1)) for _ in range(n)]


def with_outliers(rng, n):
    """One in ten takes two to ten times as long."""
    return [math.exp(0.04 * rng.gauss(0, 1)) * (rng.uniform(2, 10) if rng.random() < 0.1 else 1) for _ in range(n)]


def two_modes(rng, n):
    """Half of the runs are a fifth slower: two ways through the code, or two kinds of core."""
    return [math.exp(0.02 * rng.gauss(0, 1)) * rng.choice((1, 1.2)) for _ in range(n)]


def spells(correlation):
    def draw(rng, n):
        state, values = rng.gauss(0, 1), []
        for _ in range(n):
            state = correlation * state + math.sqrt(1 - correlation ** 2) * rng.gauss(0, 1)
            values.append(math.exp(0.06 * state))
        return values
    return draw


NOISES = {
    "lognormal, 3 %": lognormal(0.03),
    "lognormal, 8 %": lognormal(0.08),
    "4 %, a tenth of the runs 2 to 10 times as long": with_outliers,
    "two modes, a fifth apart": two_modes,
    "6 %, in spells (correlation 0.3)": spells(0.3),
    "6 %, in spells (correlation 0.6)": spells(0.6),
}


def report(cases):
    """A report as `compare` reads it: {case: durations}."""
    rounds = max(map(len, cases.values()))
    return {"schema_version": 1, "context": {}, "cases": [
        {"id": case, "status": "passed", "duration_ms": values[i], "cpu_ms": 0}
        for i in range(rounds) for case, values in cases.items() if i < len(values)]}


def compare(base, new):
    with tempfile.TemporaryDirectory() as folder:
        paths = [pathlib.Path(folder, name) for name in ("base.json", "new.json")]
        for path, cases in zip(paths, (base, new)):
            path.write_text(json.dumps(report(cases)))
        done = subprocess.run([PROGRAM, "compare", *map(str, paths), "--json", "-"], capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise SystemExit(done.stderr)
        return [figure["opinion"] for case in json.loads(done.stdout)["cases"] for figure in case["figures"]
                if figure["figure"] == "duration"]


def rates(pairs, workers):
    """(false alarms among same against same, found among a tenth slower), as shares of comparisons and of cases."""
    def same(pair):
        return any(word in ("worse", "better") for word in compare(*pair))

    def slower(pair):
        base, new = pair
        words = compare(base, {case: [1.1 * value for value in values] for case, values in new.items()})
        return sum(word == "worse" for word in words) / len(words)

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        alarms, found = list(pool.map(same, pairs)), list(pool.map(slower, pairs))
    return sum(alarms) / len(pairs), sum(found) / len(pairs)


def simulated(noise, cases, runs, trials, seed):
    rng = random.Random(seed)
    draw = lambda: {f"case-{i}": [40 * value for value in noise(rng, runs)] for i in range(cases)}
    return [(draw(), draw()) for _ in range(trials)]


def measured_cases(path):
    cases = {}
    for case in json.loads(pathlib.Path(path).read_text())["cases"]:
        if case["status"] == "passed":
            cases.setdefault(case["id"], []).append(case["duration_ms"])
    return cases


def blocks(cases, runs, trials, seed):
    """Pairs of blocks of consecutive repetitions, `trials` of them drawn at random."""
    count = min(map(len, cases.values())) // runs
    if count < 2:
        raise SystemExit(f"the report has too few repetitions for two blocks of {runs}")
    block = lambda i: {case: values[i * runs:(i + 1) * runs] for case, values in cases.items()}
    rng = random.Random(seed)
    return [(block(a), block(b)) for a, b in (rng.sample(range(count), 2) for _ in range(trials))]


def in_turn(cases, runs, trials, seed):
    """Pairs of which the repetitions were made in turn; which side began, and where, drawn at random."""
    count = min(map(len, cases.values()))
    if count < 2 * runs:
        raise SystemExit(f"the report has too few repetitions for two times {runs}")
    rng = random.Random(seed)
    pairs = []
    for _ in range(trials):
        start, first = rng.randrange(count - 2 * runs + 1), rng.randrange(2)
        side = lambda which: {case: values[start + which:start + 2 * runs:2] for case, values in cases.items()}
        pairs.append((side(first), side(1 - first)))
    return pairs


def spread(cases):
    """The noise: between quartiles, in units of a normal distribution's sigma, over the median; of the middle case."""
    shares = []
    for values in cases.values():
        ordered = sorted(values)
        quarter = len(ordered) // 4
        shares.append((ordered[-quarter - 1] - ordered[quarter]) / 1.349 / ordered[len(ordered) // 2])
    return sorted(shares)[len(shares) // 2]


def row(name, pairs, workers):
    alarms, found = rates(pairs, workers)
    print(f"| {name} | {100 * alarms:.1f} % | {100 * found:.1f} % |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=20, help="repetitions a side")
    parser.add_argument("--cases", type=int, default=1, help="simulated cases a comparison")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--measure", nargs="?", const=str(ROOT / "scenarios/tcp/exchange.json"), metavar="SCENARIO")
    parser.add_argument("--repetitions", type=int, default=800, help="with --measure")
    parser.add_argument("--report", metavar="FILE")
    asked = parser.parse_args()

    print("| noise | false alarms | a tenth slower is found |\n| --- | --- | --- |")
    if not asked.measure and not asked.report:
        for name, noise in NOISES.items():
            row(name, simulated(noise, asked.cases, asked.runs, asked.trials, asked.seed), asked.workers)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = asked.report
        if not path:
            subprocess.run([PROGRAM, "run", asked.measure, "--repeat", str(asked.repetitions), "--jobs", "1", "--quiet",
                            "--out", f"{folder}/results"], stdout=subprocess.DEVNULL, check=True)
            path = f"{folder}/results/report.json"
        cases = measured_cases(path)
    for way, draw in ("in turn", in_turn), ("one run after the other", blocks):
        pairs = draw(cases, asked.runs, asked.trials, asked.seed)
        one_case = [tuple({case: side[case]} for side in pair) for pair in pairs
                    for case in [random.Random(str(pair)).choice(sorted(cases))]]
        row(f"measured, {100 * spread(cases):.0f} %, {way}, one case", one_case, asked.workers)
        row(f"measured, {way}, {len(cases)} cases together", pairs, asked.workers)


if __name__ == "__main__":
    main()
