#!/usr/bin/env python3
"""How often `wireproof compare` cries wolf, and how often it misses: the figures of docs/compare.md.

Compares the same with the same (any change that it names is a false alarm), and with itself made a
tenth slower (what it must find), many times, on simulated noise and on what a machine measured:

    ci/compare-error-rates.py                      simulated noise
    ci/compare-error-rates.py --measure            runs scenarios here as often as it takes, first
    ci/compare-error-rates.py --report REPORT      what an earlier run with --repeat and --jobs 1 measured

Noise is compared in two ways: runs made in turn, one of the base and one of the new program, as
docs/compare.md advises; and one after the other, each with all its repetitions: what the machine did
between them counts. $WIREPROOF is the program.
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


def report(cases, repetitions, started_at=0):
    """A report as `compare` reads it, of some repetitions of {case: values}. Whatever was measured is told
    as a duration: all figures are tested alike."""
    return {"schema_version": 1, "context": {"started_at": f"2026-01-01T00:00:00.{started_at:09}Z"}, "cases": [
        {"id": case, "status": "passed", "duration_ms": values[i], "cpu_ms": 0}
        for i in repetitions for case, values in cases.items()]}


def write_side(folder, cases, in_turn, first):
    """One report, or one for each run where these were made in turn."""
    count = min(map(len, cases.values()))
    if not in_turn:
        folder.mkdir()
        (folder / "report.json").write_text(json.dumps(report(cases, range(count))))
        return
    for i in range(count):
        (folder / str(i)).mkdir(parents=True)
        (folder / str(i) / "report.json").write_text(json.dumps(report(cases, [i], 2 * i + (i + first) % 2)))


def compare(pair, in_turn):
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        paths = [pathlib.Path(folder, name) for name in ("base", "new")]
        for first, (path, cases) in enumerate(zip(paths, pair)):
            write_side(path, cases, in_turn, first)
        done = subprocess.run([PROGRAM, "compare", *map(str, paths), "--json", "-"], capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise SystemExit(done.stderr)
        figures = [figure for case in json.loads(done.stdout)["cases"] for figure in case["figures"]
                   if figure["figure"] == "duration"]
        if any(figure.get("in_pairs", False) != in_turn for figure in figures):
            raise SystemExit("compare did not see how the runs were made")
        return [figure["opinion"] for figure in figures]


def rates(pairs, in_turn, workers):
    """(false alarms among same against same, found among a tenth slower), as shares of comparisons and of cases."""
    def same(pair):
        return any(word in ("worse", "better") for word in compare(pair, in_turn))

    def slower(pair):
        base, new = pair
        words = compare((base, {case: [1.1 * value for value in values] for case, values in new.items()}), in_turn)
        return sum(word == "worse" for word in words) / len(words)

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        alarms, found = list(pool.map(same, pairs)), list(pool.map(slower, pairs))
    return sum(alarms) / len(pairs), sum(found) / len(pairs)


def simulated(noise, cases, runs, trials, seed, by_turns):
    rng = random.Random(seed)
    scaled = lambda count: [40 * value for value in noise(rng, count)]

    def pair():
        if not by_turns:
            return tuple({f"case-{i}": scaled(runs) for i in range(cases)} for _ in range(2))
        course = {f"case-{i}": scaled(2 * runs) for i in range(cases)}
        return in_turn(course, runs)[0]

    return [pair() for _ in range(trials)]


def percentile(load, phase, quantile):
    for one in load["phases"]:
        for each in one["percentiles"] if one["phase"] == phase else ():
            if each["quantile"] == quantile:
                return each["value_ns"] / 1e6
    return None


# What is measured, each as something of which less is better.
FIGURES = {
    "duration": lambda case: case["duration_ms"],
    "cpu": lambda case: case["cpu_ms"],
    "server-cpu": lambda case: sum(one["cpu_ms"] for one in case["targets"] if one["role"] == "server"),
    "handshake": lambda case: case["connections"][0]["handshake_ns"] / 1e6,
    "first-byte": lambda case: case["connections"][0]["first_byte_ns"] / 1e6,
    "close": lambda case: case["connections"][0]["close_ns"] / 1e6,
    "p50": lambda case: percentile(case["load"], "latency", 0.5),
    "p99": lambda case: percentile(case["load"], "latency", 0.99),
    "throughput": lambda case: 1 / case["load"]["throughput_per_s"],
    "relative-p50": lambda case: case["load"]["reference"]["p50_ratio"],
    "relative-throughput": lambda case: 1 / case["load"]["reference"]["rate_ratio"],
}


def measured_cases(path, figure):
    cases = {}
    for case in json.loads(pathlib.Path(path).read_text())["cases"]:
        if case["status"] == "passed":
            cases.setdefault(case["id"], []).append(FIGURES[figure](case))
    return {case: values for case, values in cases.items() if None not in values}


def windows(cases, runs):
    """Twice so many consecutive repetitions, again and again, none of them twice: what comparisons say of these
    is independent but for the machine's longer spells."""
    count = min(map(len, cases.values())) // (2 * runs)
    if count == 0:
        raise SystemExit(f"the report has too few repetitions for two times {runs}")
    return [{case: values[2 * i * runs:2 * (i + 1) * runs] for case, values in cases.items()} for i in range(count)]


def blocks(cases, runs):
    """One after the other: the first half against the second."""
    return [tuple({case: values[half * runs:(half + 1) * runs] for case, values in window.items()} for half in (0, 1))
            for window in windows(cases, runs)]


def in_turn(cases, runs):
    """Each repetition against the next, each side first by turns, as `versus` runs them."""
    def side(window, which):
        return {case: [values[2 * i + (i + which) % 2] for i in range(runs)] for case, values in window.items()}
    return [(side(window, 0), side(window, 1)) for window in windows(cases, runs)]


def drawn(cases, runs, count, seed):
    """So many comparisons of neighbours drawn at random, of one case each: where the repetitions are too few for
    many that share none."""
    rng, pairs = random.Random(seed), []
    for _ in range(count):
        case, values = rng.choice(sorted(cases.items()))
        if len(values) < 4 * runs:
            raise SystemExit(f"{len(values)} repetitions are too few to draw {runs} pairs from")
        places = sorted(rng.sample(range(len(values) // 2), runs))
        side = lambda which: {case: [values[2 * place + (i + which) % 2] for i, place in enumerate(places)]}
        pairs.append((side(0), side(1)))
    return pairs


def spread(cases):
    """The noise: between quartiles, in units of a normal distribution's sigma, over the median; of the middle case."""
    shares = []
    for values in cases.values():
        ordered = sorted(values)
        quarter = len(ordered) // 4
        shares.append((ordered[-quarter - 1] - ordered[quarter]) / 1.349 / ordered[len(ordered) // 2])
    return sorted(shares)[len(shares) // 2]


def row(name, apart, turns, workers):
    """False alarms and what is found, of pairs made one after the other and of pairs made in turn."""
    cells = [f"{100 * share:.1f} %" for pairs, in_turn in ((apart, False), (turns, True))
             for share in rates(pairs, in_turn, workers)]
    print(f"| {name} | {' | '.join(cells)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=20, help="repetitions a side")
    parser.add_argument("--cases", type=int, default=1, help="simulated cases a comparison")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--measure", nargs="*", metavar="SCENARIO")
    parser.add_argument("--repetitions", type=int, default=400, help="with --measure")
    parser.add_argument("--report", metavar="FILE")
    parser.add_argument("--draws", type=int, default=0, help="of a measured report: so many comparisons drawn from it")
    parser.add_argument("--figure", action="append", choices=FIGURES, help="of a measured report")
    asked = parser.parse_args()

    print("| noise | false alarms, one after the other | a tenth is found | false alarms, in turn | a tenth is found |")
    print("| --- | --- | --- | --- | --- |")
    if asked.measure is None and not asked.report:
        for name, noise in NOISES.items():
            draw = lambda by_turns: simulated(noise, asked.cases, asked.runs, asked.trials, asked.seed, by_turns)
            row(name, draw(False), draw(True), asked.workers)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = asked.report
        if not path:
            scenarios = asked.measure or [str(ROOT / "scenarios/tcp/exchange.json")]
            subprocess.run([PROGRAM, "run", *scenarios, "--repeat", str(asked.repetitions), "--jobs", "1", "--quiet",
                            "--out", f"{folder}/results"], stdout=subprocess.DEVNULL, check=True)
            path = f"{folder}/results/report.json"
        for figure in asked.figure or ["duration"]:
            cases = measured_cases(path, figure)
            apart, turns = blocks(cases, asked.runs), in_turn(cases, asked.runs)
            # Each case compared alone, then all of them in one comparison.
            alone = lambda pairs: [tuple({case: side[case]} for side in pair) for pair in pairs for case in cases]
            row(f"{figure}: {100 * spread(cases):.0f} %, {len(alone(turns))} comparisons", alone(apart), alone(turns),
                asked.workers)
            if asked.draws:
                alarms, found = rates(drawn(cases, asked.runs, asked.draws, asked.seed), True, asked.workers)
                print(f"| {figure}: {asked.draws} drawn | | | {100 * alarms:.1f} % | {100 * found:.1f} % |", flush=True)
            if len(cases) > 1:
                row(f"{figure}, {len(cases)} cases together: {len(turns)} comparisons", apart, turns, asked.workers)


if __name__ == "__main__":
    main()
