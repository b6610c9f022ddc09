"""Wrong usage and malformed scenarios: exit status 2, the place and a hint, and nothing launched."""

import re

from support import PASSED, SCENARIOS, USAGE, TestCase, main
from written import exchange

GOOD = """{
  "title": "x",
  "transport": "tcp",
  "server": {"target": "tcp-server"},
  "steps": [
    {"connect": "c"},
    {"send": "123"}
  ]
}
"""
# What is replaced in GOOD, by what; the place of the error; words of its message or hint.
MALFORMED = {
    "not-closed": ('"123"}\n  ]\n}', '"123"}\n  ]\n', "10:1", "close it with"),
    "comma": ('"x",', '"x"', "3:3", ","),
    "key": ('"steps"', '"stepz"', "5:3", 'did you mean "steps"'),
    "step": ('"connect"', '"conect"', "6:6", 'did you mean "connect"'),
    "target": ('"tcp-server"', '"tcp-sever"', "4:24", 'did you mean "tcp-server"'),
    "type": ('"x"', "7", "2:12", "string"),
    "transport": ('"tcp"', '"tpc"', "3:16", 'did you mean "tcp"'),
    "socket": ('{"send": "123"}', '{"send": {"on": "d", "text": "1"}}', "7:21", 'did you mean "c"'),
    "twice": ('"title": "x",', '"title": "x", "title": "y",', "2:17", "twice|again"),
    "command": ('{"target": "tcp-server"}', '{"command": "server {port}"}', "4:25", "list"),
}


class Malformed(TestCase):
    def test_place_line_caret_and_hint(self):
        for name, (old, new, place, words) in MALFORMED.items():
            with self.subTest(name):
                self.assertIn(old, GOOD)
                path = self.write(f"{name}.json", GOOD.replace(old, new, 1))
                outcome = self.wireproof("run", path)
                self.assert_status(outcome, USAGE)
                self.assertIn(f"{name}.json:{place}: ", outcome.err)
                line = path.read_text().splitlines()[int(place.split(":")[0]) - 1] if name != "not-closed" else ""
                self.assertIn(line.strip(), outcome.err)
                if line:
                    self.assertRegex(outcome.err, r"(?m)^ *\^")
                self.assertRegex(outcome.err, words)
                self.assertEqual(outcome.out, "")
                self.assertFalse(outcome.results.exists())

    def test_all_errors_of_all_files_are_told_and_nothing_of_the_good_ones_runs(self):
        self.write("many/a.json", GOOD.replace('"connect"', '"conect"').replace('"send"', '"sned"'))
        self.write("many/b.json", GOOD.replace('"steps"', '"stepz"'))
        self.write("many/good.json", GOOD)
        outcome = self.wireproof("run", self.folder / "many")
        self.assert_status(outcome, USAGE)
        for place in ("a.json:6:6", "a.json:7:6", "b.json:5:3"):
            self.assertIn(place, outcome.err)
        self.assertFalse(outcome.results.exists())

    def test_hostile_text_of_a_file_is_made_printable(self):
        path = self.write("hostile.json", GOOD.replace('"tcp-server"', '"\\u001b[2Jname\\u0007"'))
        outcome = self.wireproof("run", path)
        self.assert_status(outcome, USAGE)
        self.assertNotIn("\x1b", outcome.err)
        self.assertNotIn("\x07", outcome.err)


class Usage(TestCase):
    def assert_refused(self, *arguments, words):
        outcome = self.wireproof(*arguments)
        self.assert_status(outcome, USAGE)
        self.assertRegex(outcome.err, words)
        self.assertEqual(outcome.out, "")
        return outcome

    def test_unknown_command_and_option(self):
        self.assert_refused("rnu", words="run")
        self.assert_refused("run", "--fliter", "x", words="--filter|--fliter")
        self.assert_refused("show", words="REPORT|report")

    def test_no_command(self):
        outcome = self.wireproof()
        self.assert_status(outcome, USAGE)
        self.assertIn("wireproof run", outcome.out + outcome.err)

    def test_a_path_that_is_not_there(self):
        outcome = self.assert_refused("run", self.folder / "nowhere.json", words=r"nowhere\.json")
        self.assertRegex(outcome.err, "No such file")

    def test_an_empty_folder(self):
        (self.folder / "empty").mkdir()
        self.assert_refused("run", self.folder / "empty", words="no scenario|empty")

    def test_a_filter_that_matches_nothing(self):
        self.assert_refused("run", "--filter", "no-such-thing", SCENARIOS / "tcp", words="no-such-thing")

    def test_values_out_of_range(self):
        self.assert_refused("run", "--jobs", "0", SCENARIOS / "tcp/exchange.json", words="--jobs")
        self.assert_refused("run", "--jobs", "many", SCENARIOS / "tcp/exchange.json", words="--jobs")
        self.assert_refused("run", "--repeat", "-1", SCENARIOS / "tcp/exchange.json", words="--repeat")
        self.assert_refused("run", "--isolation", "jail", words="user")

    def test_show_of_what_is_no_report(self):
        self.assert_refused("show", self.write("x.json", "{}"), words="report|schema")
        self.assert_refused("show", self.folder / "nowhere", words="nowhere")
        self.assert_refused("show", self.write("y.json", "not JSON"), words=r"y\.json")

    def test_show_of_an_unknown_case(self):
        outcome = self.wireproof("run", self.write("known.json", exchange()))
        self.assert_status(outcome, PASSED)
        self.assert_refused("show", outcome.results, "xyzzy", words=r"xyzzy.*\n.*wireproof show")

    def test_check_of_what_is_no_capture(self):
        self.assert_refused("check", self.write("x.pcap", "no capture at all"), words=r"x\.pcap")
        self.assert_refused("check", self.folder / "nowhere.pcap", words="No such file")

    def test_init_does_not_overwrite(self):
        path = self.write("mine.json", "precious")
        outcome = self.wireproof("init", path)
        self.assert_status(outcome, USAGE)
        self.assertEqual(path.read_text(), "precious")


if __name__ == "__main__":
    main()
