"""Comparing runs, keeping their history, sharing a run's cases out and joining them again."""

import json
import re
import signal
import sqlite3
import subprocess

from support import (FAILED, INTERRUPTED, MACHINE, PASSED, PROGRAM, SCENARIOS, SOURCE, TARGETS, USAGE, TestCase,
                     environment, main, verdicts, wait_until)
from written import exchange

try:
    import jsonschema
except ImportError:
    jsonschema = None

# Of a report what differs between two runs of the same: times, and what follows from them.
TIMES = re.compile(r"(_ms|_ns|_us|time|started_at|_at|cpu|load_average|rtt\w*|port|local|remote|address|inode|cookie|"
                   r"isn|raw_\w+|output|command|seed|jobs)$")


def slower(report, factor, cases=""):
    """The same report, its cases' durations multiplied."""
    changed = json.loads(json.dumps(report))
    for case in changed["cases"]:
        if cases in case["id"]:
            case["duration_ms"] *= factor
    return changed


def measured(report):
    """The same report, its durations as a quiet machine has them: what a comparison says of a difference
    depends on how much runs differ, and these tests are of what it says."""
    for i, case in enumerate(report["cases"]):
        case["duration_ms"] = 20 * (1 + 0.01 * (i * 7 % 11))
    return report


class Compared(TestCase):
    RUNS = 16

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.once = None

    def repeated(self):
        if Compared.once is None:
            outcome = self.wireproof("run", "--jobs", 1, "--repeat", self.RUNS, SCENARIOS / "tcp/exchange.json")
            self.assert_status(outcome, PASSED)
            Compared.once = measured(outcome.report)
        return Compared.once

    def assert_schema(self, comparison):
        if jsonschema:
            schema = json.loads((SOURCE / "reports/schema/compare.schema.json").read_text())
            jsonschema.Draft202012Validator.check_schema(schema)
            jsonschema.Draft202012Validator(schema).validate(comparison)

    def test_a_run_with_itself(self):
        path = self.write("report.json", self.repeated())
        done = self.wireproof("compare", path, path)
        self.assert_status(done, PASSED)
        self.assertIn("No regression", done.out)
        self.assertNotRegex(done.out, r"[1-9]\d* (worse|better)")

    def test_runs_made_in_turn_are_taken_together(self):
        whole = self.repeated()
        size = len(whole["cases"]) // self.RUNS  # of a repetition
        for i in range(self.RUNS):
            one = dict(whole, cases=whole["cases"][i * size:(i + 1) * size])
            self.write(f"base/{i}/report.json", one)
            self.write(f"new/{i}/report.json", slower(one, 3, "ipv4"))
        done = self.wireproof("compare", self.folder / "base", self.folder / "new", "--json", "-")
        self.assertIn(f"base ({self.RUNS} runs)", done.out)
        figures = {(case["id"], figure["figure"]): figure for case in json.loads(done.out)["cases"]
                   for figure in case["figures"]}
        slow_case = next(case["id"] for case in one["cases"] if "ipv4" in case["id"])
        self.assertEqual(figures[slow_case, "duration"]["base_runs"], self.RUNS)
        self.assertEqual(figures[slow_case, "duration"]["opinion"], "worse")
        self.write("base/6/report.json", "rubbish")
        done = self.wireproof("compare", self.folder / "base", self.folder / "new")
        self.assert_status(done, USAGE)
        self.assertIn("base/6", done.err)

    def test_a_slower_server_is_past_the_limit(self):
        base = self.write("base.json", self.repeated())
        new = self.write("new.json", slower(self.repeated(), 2, "ipv4"))
        done = self.wireproof("compare", base, new, "--fail-on", "duration +50%", "--json", "-")
        self.assert_status(done, FAILED)
        comparison = json.loads(done.out)
        self.assertTrue(comparison["regression"])
        self.assert_schema(comparison)
        self.assertEqual({broken["limit"] for broken in comparison["limits_broken"]}, {"duration +50%"})
        self.assertTrue(all("ipv4" in broken["case"] for broken in comparison["limits_broken"]))
        for case in comparison["cases"]:
            for figure in case["figures"]:
                if figure["figure"] == "duration" and "ipv4" in case["id"]:
                    self.assertAlmostEqual(figure["ratio"], 2, places=2)
                    self.assertLess(figure["ratio_low"], 2.01)
                    self.assertGreater(figure["ratio_high"], 1.99)
        markdown = self.folder / "summary.md"
        text = self.wireproof("compare", base, new, "--fail-on", "duration +50%", "--markdown", markdown)
        self.assert_status(text, FAILED)
        self.assertIn("Regression", text.out)
        self.assertIn("## Regression", markdown.read_text())
        # Without a limit the same difference is told, and no regression.
        self.assert_status(self.wireproof("compare", base, new), PASSED)
        self.assert_status(self.wireproof("compare", base, new, "--fail-on", "duration +150%"), PASSED)

    def test_a_server_that_breaks_a_rule_is_a_regression(self):
        path = self.write("mine.json", exchange([f"{TARGETS}/tcp-server", "{address}", "{port}"]))
        good = self.wireproof("run", path)
        self.assert_status(good, PASSED)
        bad = self.wireproof("run", path, "--server", f"{TARGETS}/bad-tcp-wrong-answer {{address}} {{port}}")
        self.assert_status(bad, FAILED)
        done = self.wireproof("compare", good.results, bad.results)
        self.assert_status(done, FAILED)
        self.assertRegex(done.out, r"Verdicts worse\n.*mine")
        self.assertIn("newly broken", done.out)
        self.assert_schema(json.loads(self.wireproof("compare", good.results, bad.results, "--json", "-").out))
        back = self.wireproof("compare", bad.results, good.results)
        self.assert_status(back, PASSED)
        self.assertIn("mended", back.out)

    def test_what_cannot_be_judged_is_no_open_gate(self):
        one = {**self.repeated(), "cases": self.repeated()["cases"][:4]}
        path = self.write("report.json", one)
        done = self.wireproof("compare", path, path, "--fail-on", "duration +10%")
        self.assert_status(done, USAGE)
        self.assertIn("too few runs to say: run with --repeat", done.err)
        self.assert_status(self.wireproof("compare", path, path), PASSED)

    def test_refusals(self):
        path = self.write("report.json", self.repeated())
        for arguments, words in ((("compare", path, self.folder / "none"), "cannot open"),
                                 (("compare", path, "nightly"), "--history FILE"),
                                 (("compare", path, path, "--fail-on", "p +10%"), "there is no figure"),
                                 (("compare", path, path, "--fail-on", "duration 10%"), "no \\+ or -"),
                                 (("compare", path, path, "--json", "-", "--markdown", "-"), "standard output"),
                                 (("compare", path, SOURCE / "README.md"), "not whole JSON")):
            with self.subTest(words):
                done = self.wireproof(*arguments)
                self.assert_status(done, USAGE)
                self.assertRegex(done.err, words)
        newer = self.write("newer.json", {**self.repeated(), "schema_version": 99})
        done = self.wireproof("compare", path, newer)
        self.assert_status(done, USAGE)
        self.assertIn("schema version 99, newer than", done.err)


class Versus(TestCase):
    def setUp(self):
        super().setUp()
        self.scenario = self.write("mine.json", exchange())
        self.slow = f"{TARGETS}/tcp-server {{address}} {{port}} --delay-ms 40"

    def test_a_slower_server_is_told_from_runs_made_in_turn(self):
        out = self.folder / "versus"
        for _ in range(2):  # the second replaces the first's runs
            done = self.wireproof("versus", self.scenario, "--server", self.slow, "--runs", 9, "--out", out,
                                  "--fail-on", "first-byte +100%", "--json", "-")
            self.assert_status(done, FAILED)
            self.assertEqual(done.err, "")
            comparison = json.loads(done.out)
            self.assertIn("first-byte +100%", [broken["limit"] for broken in comparison["limits_broken"]])
            figure = next(one for one in comparison["cases"][0]["figures"] if one["figure"] == "first-byte")
            self.assertTrue(figure["in_pairs"])
            self.assertEqual((figure["base_runs"], figure["new_runs"], figure["opinion"]), (9, 9, "worse"))
            self.assertGreater(figure["new_median"], 40)
        again = self.wireproof("compare", out / "base", out / "new")
        self.assert_status(again, PASSED)
        self.assertIn("9 pairs", again.out)

    def test_a_server_that_fails_is_worse(self):
        done = self.wireproof("versus", self.scenario, "--server", "false", "--runs", 1)
        self.assert_status(done, FAILED)
        self.assertRegex(done.out, "passed → (failed|error)")

    def test_refusals(self):
        (self.folder / "full/base/mine").mkdir(parents=True)
        (self.folder / "full/base/mine/thesis").write_text("of years")
        (self.folder / "full/.wireproof-results").write_text("")
        for arguments, words in (((self.folder / "none.json",), "none.json"),
                                 ((self.scenario, "--filter", "nothing"), "matches none"),
                                 ((self.scenario, "--fail-on", "p +10%"), "there is no figure"),
                                 ((self.scenario, "--runs", "0"), "--runs"),
                                 ((self.scenario, "--server", "'"), "--server"),
                                 ((self.scenario, "--out", self.folder / "full"), "holds files")):
            with self.subTest(words):
                done = self.wireproof("versus", *arguments)
                self.assert_status(done, USAGE)
                self.assertIn(words, done.err)
        self.assertEqual((self.folder / "full/base/mine/thesis").read_text(), "of years")
        self.assertFalse((self.folder / "wireproof-versus").exists())

    def test_interrupted_it_leaves_whole_pairs(self):
        out = self.folder / "versus"
        running = subprocess.Popen([str(PROGRAM), "versus", str(self.scenario), "--server", self.slow, "--runs", "9999",
                                    "--out", str(out)], env=environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            self.assertTrue(wait_until(lambda: (out / "base/3/report.json").exists(), 60))
        finally:
            running.send_signal(signal.SIGINT)
            said, told = running.communicate(timeout=60)
        self.assertEqual((running.returncode, said), (INTERRUPTED, ""))
        pairs = int(re.search(r"interrupted after (\d+) of 9999 pairs", told)[1])
        self.assertGreaterEqual(pairs, 2)
        for side in ("base", "new"):
            self.assertEqual(len(list((out / side).iterdir())), pairs)
        self.assertIn(f"{pairs} pairs", self.wireproof("compare", out / "base", out / "new").out)


class History(TestCase):
    def test_runs_are_kept_listed_and_compared_by_name(self):
        history = self.folder / "runs.db"
        for label in ("first", "second"):
            outcome = self.wireproof("run", "--label", label, "--commit", "c0ffee" + label, "--history", history,
                                     SCENARIOS / "tcp/exchange.json")
            self.assert_status(outcome, PASSED)
            self.assertEqual(outcome.report["context"]["label"], label)
        listed = self.wireproof("history", "--history", history)
        self.assert_status(listed, PASSED)
        self.assertRegex(listed.out, r"(?s)#1 .*first.*4 passed.*#2 .*second.*2 runs")
        for names in (("first", "second"), ("#1", "2"), ("c0ffeef", outcome.results)):
            done = self.wireproof("compare", *names, env=environment(WIREPROOF_HISTORY=str(history)))
            self.assert_status(done, PASSED)
            self.assertIn("4 cases in both runs", done.out)
        done = self.wireproof("compare", "frist", "second", "--history", history)
        self.assert_status(done, USAGE)
        self.assertIn("did you mean first?", done.err)
        # An index of SQLite's, which others read; reports make it again.
        again = self.folder / "again.db"
        added = self.wireproof("history", "--history", again, "--add", outcome.results)
        self.assertIn("1 run added", added.out)
        added = self.wireproof("history", "--history", again, "--add", outcome.results)
        self.assertIn("0 runs added", added.out)
        # To a nanosecond: a report rounds the last digits of what was measured.
        rows = [sqlite3.connect(file).execute(
            "SELECT label, case_id, figure, round(median, 6) FROM figures JOIN runs ON runs.id = run "
            "WHERE label = 'second' ORDER BY 2, 3").fetchall() for file in (history, again)]
        self.assertTrue(rows[0])
        self.assertEqual(rows[0], rows[1])

    def test_a_course_its_change_and_its_page(self):
        outcome = self.wireproof("run", "--filter", "exchange ipv4", SCENARIOS / "tcp/exchange.json")
        self.assert_status(outcome, PASSED)
        reports = []
        for day in range(1, 25):
            report = slower(outcome.report, (1 if day < 15 else 1.5) * (1 + 0.01 * (day * 7 % 5)))
            report["context"].update(started_at=f"2025-03-{day:02}T01:00:00.000000000Z", commit=f"{day:02}" * 20,
                                     label="<script>alert(1)</script>" if day == 15 else "")
            reports.append(self.write(f"{day}.json", report))
        history = self.folder / "runs.db"
        self.assert_status(self.wireproof("history", "--history", history, "--add", *reports), PASSED)
        changes = self.wireproof("history", "--history", history, "--changes")
        self.assert_status(changes, PASSED)
        self.assertRegex(changes.out, r"duration\n.*\+\d+ % since #15 ")
        case = outcome.report["cases"][0]["id"]
        course = self.wireproof("history", "--history", history, case, "duration")
        self.assertRegex(course.out, r"(?s)#14 .*since #15.*#24")
        page = self.folder / "history.html"
        self.assert_status(self.wireproof("history", "--history", history, "--html", page), PASSED)
        html = page.read_text()
        self.assertNotIn("<script", html)
        self.assertIn("&lt;script&gt;", html)
        data = json.loads(self.wireproof("history", "--history", history, "--json", "-").out)
        self.assertEqual(len(data["runs"]), 24)
        done = self.wireproof("history", "--history", history, case, "durations")
        self.assert_status(done, USAGE)
        self.assertIn("did you mean duration?", done.err)

    def test_ci_is_recorded(self):
        env = environment(GITHUB_ACTIONS="true", GITHUB_SHA="abc123", GITHUB_REF_NAME="main", CI="true")
        outcome = self.wireproof("run", "--filter", "exchange ipv4", SCENARIOS / "tcp/exchange.json", env=env)
        context = outcome.report["context"]
        self.assertEqual((context["ci"], context["commit"], context["branch"]), ("GitHub Actions", "abc123", "main"))

    def test_what_is_no_history_stays_as_it_is(self):
        path = self.write("precious.txt", "precious " * 200)
        for arguments in (("history", "--history", path), ("run", "--history", path, SCENARIOS / "tcp/exchange.json")):
            done = self.wireproof(*arguments)
            self.assert_status(done, USAGE)
            self.assertIn("is not a history", done.err)
        self.assertEqual(path.read_text(), "precious " * 200)
        self.assert_status(self.wireproof("history"), USAGE)
        self.assert_status(self.wireproof("history", "--history", self.folder / "none.db"), USAGE)
        folder = self.wireproof("run", "--history", self.folder, SCENARIOS / "tcp/exchange.json")
        self.assert_status(folder, MACHINE)
        self.assertIn(str(self.folder), folder.err)


def timeless(value):
    """A report without what differs from run to run."""
    if isinstance(value, dict):
        return {k: timeless(v) for k, v in value.items() if not TIMES.search(k)}
    if isinstance(value, list):
        return [timeless(v) for v in value]
    return value


class Shards(TestCase):
    PATHS = (SCENARIOS / "tcp/exchange.json", SCENARIOS / "tcp/close")

    def shards(self, count, *options):
        outcomes = []
        for i in range(1, count + 1):
            outcome = self.wireproof("run", "--shard", f"{i}/{count}", *options, *self.PATHS)
            self.assert_status(outcome, PASSED)
            outcomes.append(outcome)
        return outcomes

    def test_are_disjoint_and_complete(self):
        everything = self.wireproof("run", "--dry-run").out.splitlines()
        for count in (1, 2, 5, 7):
            parts = [self.wireproof("run", "--dry-run", "--shard", f"{i}/{count}").out.splitlines()
                     for i in range(1, count + 1)]
            self.assertEqual(sorted(sum(parts, [])), sorted(everything))
            sizes = list(map(len, parts))
            self.assertLessEqual(max(sizes) - min(sizes), 1)
            self.assertEqual(parts[0], self.wireproof("run", "--dry-run", "--shard", f"1/{count}").out.splitlines())

    def test_merged_are_the_whole_run(self):
        whole = self.wireproof("run", "--repeat", "2", *self.PATHS)
        self.assert_status(whole, PASSED)
        parts = self.shards(3, "--repeat", "2")
        out = self.folder / "merged"
        done = self.wireproof("merge", *(part.results for part in reversed(parts)), "--out", out)
        self.assert_status(done, PASSED)
        merged = json.loads((out / "report.json").read_bytes())
        self.assertEqual([(c["id"], c["folder"], c["order"]) for c in merged["cases"]],
                         [(c["id"], c["folder"], c["order"]) for c in whole.report["cases"]])
        self.assertEqual(verdicts(merged), verdicts(whole.report))
        # A case that a busy machine made run again did so in one of the shards, or in the whole run.
        retried = sum(part.report["totals"]["retried"] for part in parts)
        totals = whole.report["totals"] | {"retried": retried}
        self.assertEqual(merged["totals"], totals)
        self.assertEqual(timeless(merged["context"]) | {"command_line": ""},
                         timeless(whole.report["context"]) | {"command_line": ""})
        self.assertEqual([sorted(c) for c in merged["cases"]], [sorted(c) for c in whole.report["cases"]])
        for case in merged["cases"]:
            for capture in case["captures"]:
                self.assertTrue((out / capture["file"]).exists(), capture["file"])
        self.assert_status(self.wireproof("show", out, "exchange@ipv4,loopback"), PASSED)
        # And again into the same folder, with the other forms.
        done = self.wireproof("merge", *(part.results for part in parts), "--out", out, "--junit", self.folder / "j.xml",
                              "--json", "-", "--history", self.folder / "runs.db")
        self.assert_status(done, PASSED)
        self.assertEqual(json.loads(done.out)["totals"], totals)

    def test_refusals(self):
        one, two = self.shards(2)
        for arguments, words in (
                ((one.results,), "shard 2/2 is missing"), ((one.results, one.results), "are both shard 1/2"),
                ((one.results, self.folder / "none"), "cannot open"),
                ((one.results, self.write("twice.json", {**one.report, "context": two.report["context"]})),
                 "is in .* and in "),
                ((one.results, two.results, "--out", one.results), "name another folder")):
            with self.subTest(words):
                out = () if "--out" in arguments else ("--out", self.folder / "out")
                done = self.wireproof("merge", *arguments, *out)
                self.assert_status(done, USAGE)
                self.assertRegex(done.err, words)
        self.assertTrue(one.report, "the parts are as they were")
        partial = self.wireproof("merge", "--partial", one.results, "--out", self.folder / "out")
        self.assert_status(partial, PASSED)
        for shard in ("0/2", "3/2", "1", "a/b", "1/0", "-1/2", "1/2/3", "99/99"):
            done = self.wireproof("run", "--dry-run", "--shard", shard, SCENARIOS / "tcp/exchange.json")
            self.assert_status(done, USAGE)
            self.assertIn("--shard", done.err)


if __name__ == "__main__":
    main()
