"""What each command prints and does, and the options of `run`."""

import json
import re
import subprocess

from support import FAILED, PASSED, PROGRAM, SCENARIOS, TARGETS, TestCase, environment, main
from written import exchange

COMMANDS = ("run", "check", "watch", "load", "show", "report", "list", "rules", "doctor", "init", "compare", "versus",
            "history", "merge", "completion")


class Help(TestCase):
    def test_fits_a_screen_and_ends_with_two_examples(self):
        for command in COMMANDS:
            with self.subTest(command):
                done = self.wireproof(command, "--help")
                self.assert_status(done, PASSED)
                lines = done.out.rstrip().splitlines()
                self.assertLessEqual(max(map(len, lines)), 80, max(lines, key=len))
                self.assertLessEqual(len(lines), 50)
                examples = [line for line in lines[-8:] if re.search(rf"\bwireproof {command}\b", line)]
                self.assertGreaterEqual(len(examples), 2, done.out)
                self.assertIn("wireproof", lines[-1] + lines[-2])

    def test_of_the_program_names_every_command(self):
        done = self.wireproof("--help")
        self.assert_status(done, PASSED)
        for command in COMMANDS:
            self.assertRegex(done.out, rf"(?m)^\s*(wireproof )?{command}\b")
        self.assertLessEqual(max(map(len, done.out.splitlines())), 80)

    def test_version(self):
        done = self.wireproof("--version")
        self.assert_status(done, PASSED)
        self.assertRegex(done.out, r"\d+\.\d+\.\d+")


class Run(TestCase):
    def test_dry_run_launches_nothing(self):
        done = self.wireproof("run", "--dry-run", SCENARIOS / "tcp/exchange.json")
        self.assert_status(done, PASSED)
        self.assertEqual(len(re.findall(r"exchange@", done.out)), 4, done.out)
        self.assertFalse(done.results.exists())

    def test_filter(self):
        everything = self.wireproof("run", "--dry-run")
        few = self.wireproof("run", "--filter", "handshake ipv6", "--json", "-")
        self.assert_status(few, PASSED)
        ids = [case["id"] for case in json.loads(few.out)["cases"]]
        self.assertTrue(ids)
        for case in json.loads(few.out)["cases"]:
            self.assertIn("ipv6", case["id"])
            self.assertTrue("handshake" in case["id"] or "handshake" in case["tags"], case["id"])
        self.assertLess(len(ids), everything.out.count("@"))
        without = self.wireproof("run", "--dry-run", "--filter", "!known-bad")
        self.assertNotIn("known-bad", without.out)
        self.assertIn("tcp/exchange", without.out)

    def test_repeat(self):
        outcome = self.wireproof("run", "--repeat", "3", SCENARIOS / "tcp/exchange.json")
        self.assert_status(outcome, PASSED)
        self.assertEqual(outcome.report["totals"]["cases"], 12)
        self.assertEqual(len({case["folder"] for case in outcome.report["cases"]}), 12)

    def test_until_fail(self):
        """A server that answers wrong the third time it is started."""
        count = self.folder / "count"
        count.mkdir()
        count.chmod(0o777)
        server = ["sh", "-c", f"n=$(ls {count} | wc -l); : > {count}/$n-$$; "
                  f"[ $n -lt 2 ] && exec {TARGETS}/tcp-server {{address}} {{port}}; "
                  f"exec {TARGETS}/bad-tcp-wrong-answer {{address}} {{port}}"]
        path = self.write("third.json", exchange(server))
        outcome = self.wireproof("run", "--until-fail", "--repeat", "10", path)
        self.assert_status(outcome, FAILED)
        self.assertEqual([case["status"] for case in outcome.report["cases"]], ["passed", "passed", "failed"])

    def test_jobs(self):
        one = self.wireproof("run", "--jobs", "1", SCENARIOS / "tcp/close")
        many = self.wireproof("run", "--jobs", "16", SCENARIOS / "tcp/close")
        self.assert_status(one, PASSED)
        self.assert_status(many, PASSED)
        self.assertEqual(list(one.cases), list(many.cases))
        self.assertEqual(one.report["context"]["jobs"], 1)

    def test_the_report_says_what_it_ran_on(self):
        context = self.wireproof("run", SCENARIOS / "tcp/exchange.json").report["context"]
        for key in ("version", "command_line", "kernel", "cpu_model", "clock_source", "isolation", "isolation_why", "os"):
            self.assertTrue(context[key], key)
        self.assertIn("libpcap", context["libraries"])

    def test_the_default_results_folder_is_replaced_by_the_next_run(self):
        for scenario in ("tcp/exchange.json", "udp/exchange.json"):
            done = subprocess.run([str(PROGRAM), "run", str(SCENARIOS / scenario)], cwd=self.folder,
                                  capture_output=True, text=True, env=environment())
            self.assertEqual(done.returncode, PASSED, done.stdout + done.stderr)
        report = json.loads((self.folder / "wireproof-results/report.json").read_text())
        self.assertTrue(all(case["transport"] == "udp" for case in report["cases"]))
        folders = {case["folder"] for case in report["cases"]}
        on_disk = {str(p.parent.relative_to(self.folder / "wireproof-results"))
                   for p in (self.folder / "wireproof-results").rglob("case.json")}
        self.assertEqual(on_disk, folders)

    def test_a_folder_of_something_else_is_not_cleared(self):
        self.write("precious/file", "x")
        outcome = self.wireproof("run", "--out", self.folder / "precious", SCENARIOS / "tcp/exchange.json")
        self.assertNotEqual(outcome.status, PASSED)
        self.assertIn("precious", outcome.err)
        self.assertEqual((self.folder / "precious/file").read_text(), "x")


class Others(TestCase):
    def test_list(self):
        done = self.wireproof("list")
        self.assert_status(done, PASSED)
        for name in ("tcp/exchange", "udp/exchange", "unix/exchange", "known-bad/never-closes"):
            self.assertIn(name, done.out)
        narrow = self.wireproof("list", SCENARIOS / "udp")
        self.assertNotIn("tcp/", narrow.out)

    def test_rules_have_id_severity_source_and_cover_what_the_scenarios_list(self):
        done = self.wireproof("rules", "--json", "-")
        self.assert_status(done, PASSED)
        rules = json.loads(done.out)["rules"]
        ids = [rule["id"] for rule in rules]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertGreater(len(ids), 40)
        for rule in rules:
            self.assertIn(rule["severity"], ("must", "should", "note"))
            self.assertTrue(rule["source"])
        listed = set(re.findall(r'"rule": *"([^"]+)"', "".join(p.read_text() for p in SCENARIOS.rglob("*.json"))))
        self.assertEqual(listed - set(ids), set())
        text = self.wireproof("rules")
        self.assert_status(text, PASSED)
        for name in ids:
            self.assertIn(name, text.out)

    def test_doctor(self):
        done = self.wireproof("doctor")
        self.assert_status(done, PASSED)
        for level in ("user", "root", "none"):
            self.assertRegex(done.out, rf"\b{level}\b")

    def test_show(self):
        outcome = self.wireproof("run", SCENARIOS / "known-bad/never-closes.json")
        summary = self.wireproof("show", outcome.results)
        self.assert_status(summary, PASSED)
        self.assertIn("2 failed as expected", summary.out)
        verbose = self.wireproof("show", outcome.results, "--verbose")
        self.assertIn("never-closes@ipv4", verbose.out)
        by_file = self.wireproof("show", outcome.results / "report.json")
        self.assertEqual(by_file.out.replace("/report.json", ""), summary.out.replace("/report.json", ""))
        case = next(iter(outcome.cases))
        ladder = self.wireproof("show", outcome.results, case)
        self.assert_status(ladder, PASSED)
        for wanted in ("SYN", "FIN", "FIN_WAIT_2", "CLOSE_WAIT", "tcp.close.peer-never-closes"):
            self.assertIn(wanted, ladder.out)

    def test_init_writes_a_scenario_that_runs(self):
        path = self.folder / "mine.json"
        done = self.wireproof("init", path)
        self.assert_status(done, PASSED)
        self.assertIn("2 passed", done.out)  # it ran
        self.assertEqual(json.loads((self.folder / "wireproof-results/report.json").read_bytes())["totals"]["passed"], 2)
        self.assertLessEqual(len(path.read_text().splitlines()), 30)
        dry = self.wireproof("run", "--dry-run", path)
        self.assert_status(dry, PASSED)
        outcome = self.wireproof("run", "--server", f"{TARGETS}/tcp-server {{address}} {{port}}", path)
        self.assert_status(outcome, PASSED)

    def test_check_agrees_with_the_live_judgement(self):
        outcome = self.wireproof("run", SCENARIOS / "tcp/close", SCENARIOS / "known-bad/never-closes.json")
        for case in outcome.report["cases"]:
            capture = next(c for c in case["captures"] if c["judged"])
            with self.subTest(case["id"]):
                done = self.wireproof("check", outcome.results / capture["file"], "--json", "-")
                self.assertIn(done.status, (PASSED, FAILED), f"\n{done}")
                connections = json.loads(done.out)["connections"]
                live = case["connections"]
                self.assertEqual([(c["opening"], c["closing"], c["closed_first"]) for c in connections],
                                 [(c["opening"], c["closing"], c["closed_first"]) for c in live])

    def test_check_expectations_gate(self):
        outcome = self.wireproof("run", SCENARIOS / "tcp/close/client-first.json")
        case = next(c for c in outcome.report["cases"] if c["connections"][0]["closing"] == "four-way")
        capture = outcome.results / next(c for c in case["captures"] if c["judged"])["file"]
        right = self.wireproof("check", capture, "--expect", "opening=three-way closing=four-way")
        self.assert_status(right, PASSED)
        wrong = self.wireproof("check", capture, "--expect", "closing=reset")
        self.assert_status(wrong, FAILED)


if __name__ == "__main__":
    main()
