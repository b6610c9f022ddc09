"""Servers that cannot be started, exit, hang, flood their output, fork away or find their port taken:
each a clear finding on its own case, in a whole report."""

import resource
import socket
import subprocess
import unittest

from support import FAILED, IS_ROOT, PASSED, PROGRAM, TestCase, environment, main
from written import ANSWER, LISTEN, exchange, python_server


class BadPrograms(TestCase):
    def run_beside_a_good_one(self, name, scenario, *arguments, **more):
        """The bad case must not take the good one along."""
        self.write(f"both/{name}.json", scenario)
        self.write("both/good.json", exchange())
        outcome = self.wireproof("run", self.folder / "both", *arguments, **more)
        self.assertEqual(outcome.cases["good"]["status"], "passed", f"\n{outcome}")
        self.assertEqual(set(outcome.cases), {name, "good"})
        return outcome

    def test_a_missing_program(self):
        outcome = self.run_beside_a_good_one("missing", exchange(["no-such-program-here", "{port}"]))
        self.assert_status(outcome, FAILED)
        case = outcome.cases["missing"]
        self.assertEqual(case["status"], "error")
        self.assertIn("no-such-program-here", case["reason"])
        self.assertRegex(case["reason"] + case.get("hint", ""), "PATH|not found")

    def test_a_program_that_is_not_executable(self):
        path = self.write("data.txt", "no program\n")
        path.chmod(0o644)
        outcome = self.run_beside_a_good_one("not-executable", exchange([str(path)]))
        self.assert_status(outcome, FAILED)
        case = outcome.cases["not-executable"]
        self.assertEqual(case["status"], "error")
        self.assertRegex(case["reason"] + case.get("hint", ""), "executable|[Pp]ermission")

    def test_a_server_that_exits(self):
        server = python_server("print('no config file', file=sys.stderr)\nsys.exit(7)")
        outcome = self.run_beside_a_good_one("exits", exchange(server))
        self.assert_status(outcome, FAILED)
        case = self.assert_case(outcome, "exits", "failed", "program.ready")
        self.assertIn("exit status 7", case["findings"][0]["observed"])
        self.assertIn("no config file", case["findings"][0]["observed"])
        self.assertIn("no config file", outcome.out)

    def test_a_server_that_never_listens(self):
        server = python_server("time.sleep(60)")
        outcome = self.run_beside_a_good_one(
            "hangs", exchange(server, server_more={"ready_within_ms": 700}))
        self.assert_status(outcome, FAILED)
        case = self.assert_case(outcome, "hangs", "failed", "program.ready")
        self.assertIn("700 ms", case["findings"][0]["expected"])

    def test_a_server_that_listens_elsewhere_is_told_where(self):
        server = python_server(LISTEN.replace("(A, P)", "(A, P + 1)") + "time.sleep(60)")
        outcome = self.run_beside_a_good_one(
            "elsewhere", exchange(server, server_more={"ready_within_ms": 1500}))
        case = self.assert_case(outcome, "elsewhere", "failed", "program.ready")
        port = int(case["targets"][0]["command"][-1]) + 1
        self.assertIn(str(port), case["findings"][0]["observed"])

    def test_a_server_that_answers_never(self):
        server = python_server(LISTEN + "c, _ = s.accept()\ntime.sleep(60)")
        outcome = self.run_beside_a_good_one("silent", exchange(server, expect=None))
        self.assert_status(outcome, FAILED)
        case = outcome.cases["silent"]
        self.assertEqual(case["status"], "failed")
        self.assertIn("script.answer-missing", [f["rule"] for f in case["findings"]])

    def test_a_case_that_outlives_its_time_limit_is_ended(self):
        server = python_server(LISTEN + "c, _ = s.accept()\ntime.sleep(60)")
        outcome = self.run_beside_a_good_one("long", exchange(
            server, time_limit_ms=1500, expect=None,
            steps=[{"connect": "c"}, {"expect": "success", "within_ms": 1400}]))
        self.assert_status(outcome, FAILED)
        self.assertEqual(outcome.cases["long"]["status"], "failed")
        self.assertLess(outcome.cases["long"]["duration_ms"], 6000)

    def test_a_flood_of_output_is_bounded_in_memory_and_report(self):
        server = python_server(LISTEN + "block = b'x' * 65536\n"
                               "os.set_blocking(1, True)\nc, _ = s.accept()\n"
                               "for _ in range(1600): os.write(1, block)\n"  # 100 MiB
                               "c.recv(99)\nc.sendall(b'success')\nc.recv(99)\nc.close()\ntime.sleep(60)")
        outcome = self.run_beside_a_good_one(
            "flood", exchange(server, time_limit_ms=20000,
                              steps=[{"connect": "c"}, {"send": "123"}, {"expect": "success", "within_ms": 15000},
                                     {"close": "c"}]),
            timeout=120)
        case = outcome.cases["flood"]
        target = case["targets"][0]
        self.assertEqual(case["status"], "passed", case["findings"])
        self.assertEqual(target["output_bytes"], 1600 * 65536)
        self.assertLess(len(target["output"]), 3 << 20)
        self.assertLess((outcome.results / "report.json").stat().st_size, 8 << 20)
        peak_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertLess(peak_kib, 400 << 10, "more memory than the output's limit explains")

    def test_the_shipped_flooder(self):
        outcome = self.run_beside_a_good_one("floods", exchange("bad-floods-output", expect=None),
                                             "--isolation", "auto")
        target = outcome.cases["floods"]["targets"][0]
        self.assertLess(len(target["output"]), 3 << 20)

    def test_a_server_that_forks_away_is_ended_with_its_case(self):
        outcome = self.run_beside_a_good_one("forks", exchange("bad-forks-away"))
        case = outcome.cases["forks"]
        self.assertIn(case["status"], ("passed", "failed"), case)
        left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
        address = " ".join(case["targets"][0]["command"])
        self.assertNotIn(address, left)

    @unittest.skipUnless(IS_ROOT, "isolation none needs CAP_NET_RAW")
    def test_a_busy_port_in_isolation_none(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            server = ["python3", "-c", ANSWER.replace("A, P", f"'127.0.0.1', {port}")
                      .join(["import socket\n", ""])]
            outcome = self.run_beside_a_good_one("busy", exchange(server), "--isolation", "none")
        self.assert_status(outcome, FAILED)
        case = self.assert_case(outcome, "busy", "failed", "program.ready")
        self.assertRegex(case["findings"][0]["observed"], "Address already in use")

    def test_hostile_output_does_not_reach_the_terminal(self):
        server = python_server("sys.stderr.write('\\x1b[2J\\x1b]0;owned\\x07</system-out><script>')\nsys.exit(1)")
        outcome = self.run_beside_a_good_one("hostile", exchange(server))
        self.assertNotIn("\x1b", outcome.out + outcome.err)
        self.assertNotIn("\x07", outcome.out + outcome.err)


if __name__ == "__main__":
    main()
