"""wireproof explore: every small fault on a connection; what it finds can be run again."""

import json
import re
import signal
import subprocess

from support import (FAILED, INTERRUPTED, PASSED, PROGRAM, SCENARIOS, USAGE, TestCase, User, environment,
                     installed, main)
from traces import Traces

EXCHANGE = SCENARIOS / "tcp/exchange.json"
IMPATIENT = "{targets}/bad-tcp-impatient {address} {port}"


class Explore(TestCase):
    def explore(self, *arguments, **more):
        self.out = self.folder / "out"
        outcome = self.wireproof("explore", *arguments, "--out", self.out, timeout=200, **more)
        self.report = None
        if (self.out / "explore.json").exists():
            self.report = json.loads((self.out / "explore.json").read_text())["explorations"][0]
        return outcome

    def test_all_single_faults_of_an_exchange_end_legally(self):
        outcome = self.explore(EXCHANGE, "--filter", "ipv4", "--faults", 1)
        self.assert_status(outcome, PASSED)
        report = self.report
        self.assertEqual(report["runs"], 1 + 3 * report["packets"]["explored"])
        self.assertEqual((report["violations"], report["not_proven"]), ([], []))
        self.assertEqual(sum(o["runs"] for o in report["outcomes"]), report["runs"])
        # TIME_WAIT is left, or was ended by a RST: an acknowledgement too many met a closed server.
        self.assertGreater(len(report["outcomes"]), 1)
        # A lost FIN changes nothing but what is sent again; a lost SYN neither.
        for one in report["outcomes"]:
            self.assertIn("opening three-way", one["outcome"])
            self.assertIn("SYN", one["example"]["ladder"])
            self.assertTrue((self.out / one["example"]["scenario"]).exists())
        self.assertIn(f"{report['runs']} runs: {report['runs']} right, 0 honest errors, 0 violations",
                      outcome.out)

    def test_a_known_bad_server_is_found_and_its_violation_replays(self):
        outcome = self.explore(EXCHANGE, "--filter", "ipv6", "--faults", 1, "--server", IMPATIENT,
                               "--kinds", "drop,double")
        self.assert_status(outcome, FAILED)
        found = {v["name"]: v for v in self.report["violations"]}
        # The request is the client's third packet: lost, it comes too late.
        self.assertIn("drop-client-3", found, outcome)
        self.assertNotIn("none", found)
        for name in found:
            self.assertTrue(name.startswith("drop-client"), found.keys())
        violation = found["drop-client-3"]
        self.assertIn("program.exit", [f["rule"] for f in violation["findings"]])
        self.assertIn(f"again: wireproof run {self.out}/{violation['scenario']}", outcome.out)
        again = self.wireproof("run", self.out / violation["scenario"])
        self.assert_status(again, FAILED)
        (case,) = again.cases.values()
        self.assertEqual([d["name"] for d in case["wire"]["decisions"]][0], "drop-client-3")
        # An example of a legal outcome replays too, and passes.
        example = self.report["outcomes"][0]["example"]["scenario"]
        self.assert_status(self.wireproof("run", self.out / example), PASSED)

    def test_a_server_that_is_never_right_is_said_to_be_so(self):
        outcome = self.explore(EXCHANGE, "--filter", "ipv4", "--faults", 1, "--server",
                               "{targets}/bad-tcp-wrong-answer {address} {port}")
        self.assert_status(outcome, FAILED)
        self.assertEqual(self.report["runs"], 1)
        self.assertIn("the undisturbed connection is not right itself", outcome.out)

    def test_as_an_ordinary_user_and_nothing_is_left(self):
        user = User(self)
        with Traces() as traces:
            outcome = self.wireproof(
                "explore", installed().parents[1] / "share/wireproof/scenarios/tcp/exchange.json",
                "--filter", "ipv4", "--faults", 1, "--packets", 2, "--out", user.home / "out",
                program=installed(), user=user,
                env=environment(**user.environment, **traces.mark))
            traces.look()
        self.assert_status(outcome, PASSED)
        self.assertEqual(traces.left(user.temporary), [])

    def test_interrupted_it_reports_what_ran(self):
        out = self.folder / "out"
        with Traces() as traces:
            running = subprocess.Popen(
                [str(PROGRAM), "explore", str(EXCHANGE), "--filter", "ipv4", "--out", str(out)],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder,
                env=environment(**traces.mark))
            while len(list(out.glob("cases/*/*/case.json"))) < 3 and running.poll() is None:
                traces.ended.wait(0.05)
            traces.look()
            running.send_signal(signal.SIGINT)
            told, _ = running.communicate(timeout=60)
            self.assertEqual(running.returncode, INTERRUPTED, told)
            self.assertEqual(traces.left(self.folder / "none"), [])
        self.assertRegex(told, r"interrupted: \d+ did not run")
        report = json.loads((out / "explore.json").read_text())["explorations"][0]
        self.assertTrue(report["interrupted"])
        self.assertLess(report["runs"], report["planned"])

    def test_wrong_usage(self):
        (self.folder / "full").mkdir()
        (self.folder / "full/file").write_text("x")
        for arguments, told in (
                ((), "SCENARIO is required"), ((self.folder,), "is a folder"),
                ((EXCHANGE, "--kinds", "drop,bend"), 'unknown fault "bend"'),
                ((EXCHANGE, "--faults", 9), "--faults"),
                ((EXCHANGE, "--packets", 1000, "--faults", 4, "--filter", "ipv4"), "more than 20000 runs"),
                ((SCENARIOS / "unix/exchange.json",), "put no packets on any wire"),
                ((EXCHANGE, "--server", "srv {adress}"), "did you mean {address}?")):
            outcome = self.explore(*arguments)
            self.assert_status(outcome, USAGE)
            self.assertTrue(re.search(re.escape(told), outcome.err), f"{told}\n{outcome}")
        outcome = self.wireproof("explore", EXCHANGE, "--out", self.folder / "full")
        self.assert_status(outcome, USAGE)


if __name__ == "__main__":
    main()
