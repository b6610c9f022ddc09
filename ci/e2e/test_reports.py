"""report.json and every case.json keep to the published schema; other forms say the same."""

import json
import unittest
import xml.etree.ElementTree as xml

from support import FAILED, PASSED, SCENARIOS, SOURCE, TestCase, main
from written import exchange, python_server, LISTEN

try:
    import jsonschema
except ImportError:
    jsonschema = None

SCHEMA = json.loads((SOURCE / "reports/schema/report.schema.json").read_text())


@unittest.skipUnless(jsonschema, "python3-jsonschema is not installed")
class Schema(TestCase):
    def setUp(self):
        super().setUp()
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        self.validator = jsonschema.Draft202012Validator(SCHEMA)
        case = {"$ref": "#/$defs/case", "$defs": SCHEMA["$defs"]}
        self.case_validator = jsonschema.Draft202012Validator(case)

    def assert_valid(self, validator, document, name):
        errors = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in validator.iter_errors(document)]
        self.assertEqual(errors[:5], [], name)

    def assert_all_valid(self, outcome):
        self.assert_valid(self.validator, outcome.report, "report.json")
        cases = outcome.case_reports()
        self.assertEqual(len(cases), len(outcome.report["cases"]))
        for path, case in cases.items():
            self.assert_valid(self.case_validator, case, path)
            for capture in case["captures"]:
                self.assertTrue((outcome.results / capture["file"]).exists(), capture["file"])

    def test_of_the_whole_suite(self):
        outcome = self.wireproof("run")
        self.assert_status(outcome, PASSED)
        self.assert_all_valid(outcome)

    def test_of_what_fails_or_cannot_run(self):
        hostile = python_server("sys.stderr.buffer.write(bytes(range(256)))\nsys.exit(1)")
        self.write("all/hostile.json", exchange(hostile))
        self.write("all/missing.json", exchange(["no-such-program"]))
        self.write("all/wrong.json", exchange("bad-tcp-wrong-answer"))
        self.write("all/resets.json", exchange("bad-tcp-resets"))
        self.write("all/needs.json", exchange(requires=["no-such-program"]))
        outcome = self.wireproof("run", self.folder / "all")
        self.assert_status(outcome, FAILED)
        self.assert_all_valid(outcome)
        self.assertEqual(outcome.cases["needs"]["status"], "skipped")
        self.assertIn("no-such-program", outcome.cases["needs"]["reason"])

    def test_the_schema_can_refuse(self):
        outcome = self.wireproof("run", SCENARIOS / "tcp/exchange.json")
        for spoil in (lambda r: r.pop("context"), lambda r: r["cases"][0].update(status="fine"),
                      lambda r: r.update(surprise=1), lambda r: r["totals"].update(passed="4")):
            report = outcome.report
            spoil(report)
            self.assertFalse(self.validator.is_valid(report))


class Forms(TestCase):
    def mixed(self, *arguments):
        self.write("mixed/good.json", exchange())
        self.write("mixed/wrong.json", exchange("bad-tcp-wrong-answer"))
        self.write("mixed/missing.json", exchange(["no-such-program"]))
        self.write("mixed/needs.json", exchange(requires=["no-such-program"]))
        hostile = python_server("sys.stderr.buffer.write(b'\\x00\\xff]]></failure><x>&amp;\\x1b[31m')\nsys.exit(1)")
        self.write("mixed/hostile.json", exchange(hostile))
        return self.wireproof("run", self.folder / "mixed", *arguments)

    def test_json_on_standard_output_and_nothing_else(self):
        outcome = self.mixed("--json", "-")
        self.assert_status(outcome, FAILED)
        report = json.loads(outcome.out)
        self.assertEqual(report["totals"], outcome.report["totals"])
        self.assertEqual([c["id"] for c in report["cases"]], [c["id"] for c in outcome.report["cases"]])
        for key in ("id", "status", "duration_ms", "findings"):
            self.assertIn(key, report["cases"][0])

    def test_json_into_a_file(self):
        path = self.folder / "elsewhere.json"
        outcome = self.mixed("--json", path)
        self.assertEqual(json.loads(path.read_text())["totals"], outcome.report["totals"])

    def test_junit(self):
        path = self.folder / "junit.xml"
        outcome = self.mixed("--junit", path)
        self.assert_status(outcome, FAILED)
        root = xml.parse(path).getroot()
        suites = [root] if root.tag == "testsuite" else root.findall("testsuite")
        count = lambda key: sum(int(suite.get(key, 0)) for suite in suites)
        totals = outcome.report["totals"]
        self.assertEqual(count("tests"), totals["cases"])
        self.assertEqual(count("failures"), totals["failed"])
        self.assertEqual(count("errors"), totals["error"])
        self.assertEqual(count("skipped"), totals["skipped"])
        cases = [case for suite in suites for case in suite.iter("testcase")]
        self.assertEqual(len(cases), totals["cases"])
        kinds = {"failure": "failed", "error": "error", "skipped": "skipped"}
        for case, reported in zip(cases, outcome.report["cases"]):
            told = [kinds[child.tag] for child in case if child.tag in kinds]
            self.assertIn(reported["id"].split("/")[-1], case.get("name"))
            self.assertEqual(told, [] if reported["status"] == "passed" else [reported["status"]], reported["id"])

    def test_the_text_of_a_failed_case(self):
        outcome = self.mixed()
        case = outcome.cases["wrong"]
        finding = next(f for f in case["findings"] if f["severity"] == "must")
        for wanted in (finding["rule"], finding["source"], case["run_again"], ".pcap", "SYN", "ESTABLISHED"):
            self.assertIn(wanted, outcome.out)


if __name__ == "__main__":
    main()
