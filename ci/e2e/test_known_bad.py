"""Known-bad targets fail by exactly the listed rules; a list that no longer tells the truth breaks the
run, whichever way it lies."""

import json
import re

from support import FAILED, PASSED, SCENARIOS, TestCase, main
from written import exchange

KNOWN_BAD = SCENARIOS / "known-bad"


def read_scenario(path):
    """A scenario file's JSON; its comments stand on lines of their own."""
    return json.loads(re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.M))


class KnownBad(TestCase):
    def test_each_fails_by_the_listed_rules_and_no_other(self):
        outcome = self.wireproof("run", KNOWN_BAD)
        self.assert_status(outcome, PASSED)
        files = {path.stem: read_scenario(path) for path in KNOWN_BAD.glob("*.json")}
        seen = set()
        for case in outcome.report["cases"]:
            stem = re.split("[@/]", case["id"])[0] if "@" in case["id"] else case["id"]
            seen.add(stem)
            listed = {failure["rule"] for failure in files[stem]["expected_failures"]}
            broken = {f["rule"] for f in case["findings"] if f["severity"] == "must"}
            with self.subTest(case["id"]):
                self.assertEqual((case["status"], case["expected_failure"]), ("failed", True))
                self.assertEqual(broken, listed)
        self.assertEqual(seen, set(files))
        totals = outcome.report["totals"]
        self.assertEqual((totals["failed"], totals["failed_as_expected"]), (0, len(outcome.cases)))

    def test_without_its_list_each_fails_the_run(self):
        for path in sorted(KNOWN_BAD.glob("*.json")):
            scenario = read_scenario(path)
            del scenario["expected_failures"]
            self.write(f"unlisted/{path.name}", scenario)
        outcome = self.wireproof("run", self.folder / "unlisted")
        self.assert_status(outcome, FAILED)
        for case in outcome.report["cases"]:
            self.assertEqual((case["status"], case.get("expected_failure", False)), ("failed", False), case["id"])

    def test_a_listed_case_that_passes_breaks_the_run(self):
        path = self.write("good.json", exchange(expected_failures=[
            {"rule": "script.answer-extra", "why": "it answered twice, once"}]))
        outcome = self.wireproof("run", path)
        self.assert_status(outcome, FAILED)
        self.assert_case(outcome, "good", "failed", "case.expected-failure", expected_failure=False)
        self.assertIn("script.answer-extra", outcome.out)

    def test_another_rule_than_the_listed_breaks_the_run(self):
        path = self.write("other.json", exchange(
            "bad-tcp-answers-twice",
            steps=[{"connect": "c"}, {"send": "123"}, {"expect": "success"}, {"expect": {"nothing_for_ms": 200}}],
            expect=None,
            expected_failures=[{"rule": "program.exit", "why": "not what it does"}]))
        outcome = self.wireproof("run", path)
        self.assert_status(outcome, FAILED)
        case = outcome.cases["other"]
        self.assertEqual(case["status"], "failed")
        self.assertFalse(case.get("expected_failure"))
        self.assertIn("script.answer-extra", [f["rule"] for f in case["findings"]])

    def test_one_listed_rule_too_many_breaks_the_run(self):
        scenario = read_scenario(KNOWN_BAD / "answers-twice.json")
        scenario["expected_failures"].append({"rule": "program.exit", "why": "it never did"})
        outcome = self.wireproof("run", self.write("two.json", scenario))
        self.assert_status(outcome, FAILED)

    def test_a_good_server_in_the_bad_one_s_place_breaks_the_run(self):
        scenario = read_scenario(KNOWN_BAD / "answers-twice.json")
        scenario["server"] = {"target": "tcp-server"}
        outcome = self.wireproof("run", self.write("mended.json", scenario))
        self.assert_status(outcome, FAILED)
        self.assertEqual(outcome.report["totals"]["failed"], 2)


if __name__ == "__main__":
    main()
