"""The scenarios of the wire as a user runs them: each fails when it is changed, the same seed makes the
same decisions, what stands still is let go when the run is killed, and bad rules are refused in place."""

import copy
import json
import os
import signal
import subprocess
import time

from support import (FAILED, PASSED, PROGRAM, SCENARIOS, USAGE, TestCase, User, environment, installed,
                     main, wait_until)
from test_schema import without_comments
from traces import Traces
from wire_mutants import MUTANTS

WIRE = SCENARIOS / "wire"


def shipped():
    for path in sorted(WIRE.rglob("*.json")):
        yield str(path.relative_to(WIRE).with_suffix("")), json.loads(without_comments(path.read_text("utf-8")))


class Scenarios(TestCase):
    def test_as_an_ordinary_user_both_witnesses_agree(self):
        outcome = self.wireproof("run", WIRE, program=installed(), user=User(self))
        self.assert_status(outcome, PASSED)
        for case in outcome.cases.values():
            if case["status"] == "skipped":
                self.assertIn("this kernel keeps", case["reason"])
                continue
            self.assertEqual(case["status"], "passed", case["id"])
            if case["transport"] == "tcp":
                self.assertGreater(case["kernel"]["compared"], 0, case["id"])
                self.assertEqual(case["kernel"]["disagreements"], 0, case["id"])

    def test_each_state_is_seen_at_rest_at_each_end(self):
        outcome = self.wireproof("run", WIRE, "--filter", "states")
        seen = set()
        for case in outcome.cases.values():
            for reading in case["kernel"]["readings"]:
                seen.add((case["family"], reading["side"], reading["socket"]["state"]))
        wanted = {("client", s) for s in ("SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSING",
                                          "TIME_WAIT", "CLOSE_WAIT", "LAST_ACK")}
        wanted |= {("server", s) for _, s in wanted} | {("server", "SYN_RECEIVED")}
        for family in ("ipv4", "ipv6"):
            self.assertEqual({(f, *w) for f in (family,) for w in wanted} - seen, set())

    def test_the_kernels_tracepoints_tell_the_same(self):
        outcome = self.wireproof("run", *(WIRE / f"{name}.json" for name in (
            "close/states-at-rest", "data/segment-lost", "reset/lost")))
        self.assert_status(outcome, PASSED)
        kernels = {case["id"]: case["kernel"] for case in outcome.cases.values()}
        missing = {kernel.get("not_heard") for kernel in kernels.values()} - {None}
        if missing:  # never silently
            self.assertTrue(all("CAP_BPF" in why or "BTF" in why for why in missing), missing)
            self.skipTest(missing.pop())
        for family in ("ipv4", "ipv6"):
            for first, other in (("client", "server"), ("server", "client")):
                kernel = kernels[f"states-at-rest@{family},{first}-first"]
                self.assertIn("tracepoints", kernel["heard"])
                path = [e["to"] for e in kernel["events"] if e["side"] == first and e.get("connection")]
                # TIME_WAIT is CLOSED to the tracepoint.
                self.assertEqual(path[-4:], ["ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSED"], kernel["events"])
                path = [e["to"] for e in kernel["events"] if e["side"] == other and e.get("connection")]
                self.assertEqual(path[-4:], ["ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSED"], kernel["events"])
                joined = [e for e in kernel["events"] if e.get("connection")]
                self.assertTrue(all(e["packet"] > 0 for e in joined), joined)
            sent_again = [e for e in kernels[f"segment-lost@{family}"]["events"] if e["kind"] == "retransmit"]
            self.assertTrue(sent_again and all(e["side"] == "client" and e["packet"] for e in sent_again))
            resets = [(e["kind"], e["side"]) for e in kernels[f"lost@{family}"]["events"] if e["kind"] != "state"]
            self.assertEqual(resets.count(("send-reset", "client")), 2, resets)
            self.assertEqual(resets.count(("receive-reset", "server")), 1, resets)

    def test_an_ordinary_user_is_told_what_was_not_heard(self):
        outcome = self.wireproof("run", WIRE / "close/states-at-rest.json", program=installed(),
                                 user=User(self))
        self.assert_status(outcome, PASSED)
        for case in outcome.cases.values():
            self.assertIn("CAP_BPF", case["kernel"]["not_heard"])
            self.assertEqual(case["kernel"]["events"], [])
        shown = self.wireproof("show", outcome.results, case["id"])
        self.assertIn("not heard: tracepoints: ", shown.out)

    def test_each_fails_when_it_is_changed(self):
        self.assertEqual({name for name, _ in shipped()}, set(MUTANTS))
        for name, scenario in shipped():
            change, _ = MUTANTS[name]
            change(scenario)
            if '"when": {"family"' not in json.dumps(scenario):  # one is enough
                scenario["matrix"]["family"] = scenario["matrix"]["family"][:1]
            self.write(f"mutants/{name}.json", scenario)
        outcome = self.wireproof("run", self.folder / "mutants")
        self.assert_status(outcome, FAILED)
        failed = {}
        for case, report in outcome.cases.items():
            self.assertIn(report["status"], ("passed", "failed"), f"{case}: {report.get('reason')}")
            rules = {f["rule"] for f in report["findings"] if f["severity"] == "must"}
            failed.setdefault(case.split("@")[0], set()).update(rules)
        for name, (_, rules) in MUTANTS.items():
            with self.subTest(name):
                self.assertTrue(failed[name] & rules, failed[name])

    def test_the_same_seed_makes_the_same_decisions(self):
        lossy = {"title": "t", "transport": "udp", "topology": "wire",
                 "wire": {"seed": 7, "both": {"loss": 0.2, "duplication": 0.1, "corruption": 0.1,
                                              "jitter": {"kind": "normal", "spread_us": 100},
                                              "reordering": {"probability": 0.1, "behind": 2}}},
                 "steps": [{"bind": "s"}, {"connect": "c"},
                           {"repeat": {"times": 100, "steps": [{"send": {"on": "c", "text": "0123456789"}}]}}]}
        wires = []
        for name, seed in (("a", 7), ("b", 7), ("c", 8)):
            lossy["wire"]["seed"] = seed
            path = self.write(f"{name}.json", lossy)
            outcome = self.wireproof("run", path)
            report = json.loads(next(outcome.results.rglob("case.json")).read_text())
            self.assertNotIn("decisions_left_out", report["wire"])  # of both directions together
            # The order of the two directions among each other is the machine's, and how many of the
            # datagrams come when the script has ended, and are answered by ICMP.
            wires.append([d for d in report["wire"]["decisions"] if d["direction"] == "client -> server"])
        self.assertGreater(len(wires[0]), 50)
        self.assertIn("corrupted", json.dumps(wires[0]))
        self.assertEqual(wires[0], wires[1])
        self.assertNotEqual(wires[0], wires[2])

    def test_a_bad_rule_is_refused_at_its_place(self):
        path = self.write("bad.json", '{\n "title": "t", "topology": "wire",\n "wire": {"rules": [\n'
                          '  {"name": "a", "on": {"flags": "SNY"}, "do": "drop"}\n ]},\n'
                          ' "steps": [{"listen": "l"}, {"connect": "c"}, {"release": "fin"}]\n}\n')
        outcome = self.wireproof("run", path)
        self.assert_status(outcome, USAGE)
        self.assertIn(f"{path}:4:33: unknown TCP flag \"SNY\"", outcome.err)
        self.assertIn(f"{path}:6:59: no rule of the wire holds anything as \"fin\"", outcome.err)

    def test_a_rule_that_never_matches_fails_the_case(self):
        scenario = json.loads(without_comments((WIRE / "open/syn-doubled.json").read_text()))
        del scenario["matrix"], scenario["family"]
        scenario["wire"]["rules"].append({"name": "never", "on": {"flags": "URG"}, "do": "drop"})
        outcome = self.wireproof("run", self.write("never.json", scenario))
        self.assert_case(outcome, "never", "failed", "wire.rule-unmatched")
        scenario["wire"]["rules"][-1]["may_miss"] = True
        outcome = self.wireproof("run", self.write("never.json", scenario))
        self.assert_case(outcome, "never", "passed")


class Ended(TestCase):
    """Ended while a packet is held."""

    HELD = {"title": "t", "topology": "wire",
            "wire": {"rules": [{"name": "hold", "on": {"flags": "FIN"}, "do": {"hold": "fin"}}]},
            "server": {"target": "tcp-server"}, "client": {"target": "tcp-client"},
            "steps": [{"await": {"held": "fin"}}, {"pause_ms": 8000}], "time_limit_ms": 9000}

    def end_by(self, number):
        path = self.write("held.json", self.HELD)
        quick = WIRE / "close/states-at-rest.json"
        temporary = self.folder / "tmp"
        temporary.mkdir()
        out = self.folder / "results"
        with Traces() as traces:
            running = subprocess.Popen(
                [str(PROGRAM), "run", str(quick), str(path), "--out", str(out)], cwd=self.folder,
                env=environment(TMPDIR=str(temporary), **traces.mark), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.assertTrue(wait_until(lambda: len(list(out.rglob("case.json"))) >= 4, 20))
            running.send_signal(number)
            running.wait()
            traces.look()
        self.assertGreater(traces.most_processes, 1)
        self.assertEqual(traces.left(temporary, seconds=10), [])
        return running.returncode, out

    def test_sigkill_leaves_nothing(self):
        self.end_by(signal.SIGKILL)

    def test_ctrl_c_and_sigterm_leave_a_whole_report(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=number):
                self.setUp()
                status, out = self.end_by(number)
                self.assertEqual(status, 130)
                report = json.loads((out / "report.json").read_text())
                self.assertTrue(report["interrupted"])
                ran = [case for case in report["cases"] if case["status"] == "passed"]
                self.assertEqual(len(ran), 4)


if __name__ == "__main__":
    main()
