"""`wireproof load`: what it measures is what happened, and what it is asked must make sense."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time

from support import FAILED, INTERRUPTED, PASSED, PROGRAM, SOURCE, TARGETS, USAGE, TestCase, environment, main, wait_until

try:
    from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
except ImportError:
    parse = None

SERVER = f"{TARGETS}/tcp-server {{address}} {{port}} --exchanges 0 --quiet --backlog 128"


class Load(TestCase):
    def load(self, *arguments, status=PASSED, **more):
        results = self.folder / "results"
        outcome = self.wireproof("load", *arguments, "--out", results, results=results, **more)
        self.assert_status(outcome, status)
        return outcome

    def figures(self, outcome):
        return outcome.report["cases"][0]["load"]

    def percentile(self, load, quantile, phase="latency"):
        for one in load["phases"]:
            if one["phase"] == phase:
                for p in one["percentiles"]:
                    if abs(p["quantile"] - quantile) < 1e-9:
                        return p["value_ns"] / 1e6
        self.fail(f"no {phase} {quantile} in {load['phases']}")

    def assert_balance(self, load):
        self.assertEqual(load["sent"], load["answered"] + load["errors"] + load["timeouts"] +
                         load["in_flight"], load)


class Trust(Load):
    def test_strict_is_told_of_every_doubt(self):
        outcome = self.load("tcp://127.0.0.1", "--server", SERVER, "-n", "50", "--warm-up", "0", "-a", "success",
                            "--no-reference", "--strict", status=FAILED)
        case = outcome.report["cases"][0]
        self.assertEqual(case["status"], "inconclusive")
        self.assertIn("few samples", " ".join(finding["observed"] for finding in case["findings"]))

    def test_a_request_that_nobody_answers_fails(self):
        outcome = self.load("tcp://127.0.0.1", "--server", f"{TARGETS}/bad-tcp-never-reads {{address}} {{port}}", "-n", "3",
                            "-d", "100ms", "--timeout", "60s", "--no-reference", status=FAILED)
        self.assertIn("without an answer when the load was over", outcome.out)

    def test_a_stream_in_which_nothing_flows_fails(self):
        outcome = self.load("tcp://127.0.0.1", "--server", SERVER, "--pattern", "stream", "--direction", "from-server",
                            "-d", "300ms", "--no-reference", status=FAILED)
        self.assertIn("not a byte", outcome.out)

    def test_a_soak_too_short_to_judge_is_inconclusive(self):
        outcome = self.load("tcp://127.0.0.1", "--server", SERVER, "--soak", "500ms", "-a", "success", "--no-reference",
                            status=FAILED)
        self.assertEqual(outcome.report["cases"][0]["status"], "inconclusive")
        self.assertIn("--soak", outcome.out)

    def test_a_limit_that_cannot_be_measured_is_no_limit_of_the_server(self):
        outcome = self.load("tcp://127.0.0.1", "--server", SERVER, "-d", "200ms", "-a", "success", "--no-reference", "-n", "40",
                            "--find-max", "p99<900ms", "--rate", "100", status=FAILED)
        self.assertIn("the highest rate is not known", outcome.out)
        self.assertNotIn("no rate keeps", outcome.out)

    def test_a_message_from_a_file(self):
        self.write("body.bin", "0123456789" * 7)
        scenario = {"title": "From a file", "transport": "tcp", "family": "ipv4",
                    "server": {"target": "tcp-server", "args": ["--exchanges", "0", "--echo"]},
                    "load": {"requests": 20, "message": {"file": "body.bin"}, "answer": {"echo": True}, "reference": False}}
        path = self.write("file.json", scenario)
        outcome = self.wireproof("run", path, "--out", self.folder / "r", results=self.folder / "r")
        self.assert_status(outcome, PASSED)
        self.assertEqual(outcome.report["cases"][0]["load"]["bytes_sent"], 20 * 70)
        scenario["load"]["message"]["file"] = "missing.bin"
        outcome = self.wireproof("run", self.write("file.json", scenario), "--out", self.folder / "r")
        self.assert_status(outcome, USAGE)
        self.assertIn("missing.bin", outcome.err)

    def test_one_way_over_unix_datagrams_is_answered(self):
        self.folder.chmod(0o777)  # the server is another user
        outcome = self.load("unix-datagram:" + str(self.folder / "s"), "--server",
                            f"{TARGETS}/unix-server {{path}} --type datagram --echo --quiet", "--pattern", "one-way",
                            "--rate", "200", "-d", "500ms", "--no-reference")
        self.assertEqual(self.figures(outcome)["datagrams"]["lost"], 0)

    def test_what_makes_no_sense_is_refused(self):
        for arguments in (["--rate", "1e-300"], ["--size", "0"], ["--message", ""], ["--soak", "20s", "-d", "10s"],
                          ["--soak", "20s", "--find-max", "p99<1ms"], ["--discard"], ["--pin", "1000"],
                          ["--direction", "both"], ["--pattern", "idle", "-a", "x"], ["--busy-poll", "--think", "1ms"]):
            with self.subTest(arguments):
                self.load("tcp://127.0.0.1", "--server", SERVER, *arguments, status=USAGE)


    def test_answers_that_nothing_checks_are_doubted(self):
        for more, doubted in (([], True), (["-a", "success"], False), (["--answer-length", "7"], False)):
            with self.subTest(more):
                outcome = self.load("tcp://127.0.0.1", "--server", SERVER, "-n", "20", "--no-reference", *more)
                doubts = [doubt["about"] for doubt in self.figures(outcome)["doubts"]]
                self.assertEqual("answers are not checked" in doubts, doubted, doubts)

    def test_quiet_is_one_line_with_the_figures(self):
        outcome = self.load("tcp://127.0.0.1", "--server", SERVER, "-n", "2000", "-a", "success", "--no-reference", "--quiet")
        self.assertRegex(outcome.out, r"^✓ passed  load  [0-9.]+ m?s  [0-9.k]+/s, p50 [0-9.]+ [um]?s, p99 [0-9.]+ [um]?s, 0 errors\n$")
        outcome = self.load("tcp://127.0.0.1", "--server", SERVER, "-n", "20", "-a", "SUCCESS", "--no-reference", "--quiet",
                            status=FAILED)
        self.assertRegex(outcome.out, r"^✗ failed  load  [0-9.]+ m?s  0/s, 20 errors  load\.answers.*\n$")


class Figures(Load):
    def test_a_closed_loop_in_a_lab_with_every_connection_proven(self):
        outcome = self.load("tcp://127.0.0.1", "--server", SERVER, "-c", "4", "-d", "500ms", "-a", "success",
                            "--message", "123", "--limit", "errors = 0 and proven = 100%")
        load = self.figures(outcome)
        self.assert_balance(load)
        self.assertGreater(load["answered"], 100)
        self.assertEqual(load["connections_made"], 4)
        proof = load["proof"]
        self.assertEqual((proof["handshakes_proven"], proof["closes_proven"]), (4, 4))
        self.assertTrue(proof["balanced"], proof)
        self.assertTrue(all(limit["held"] for limit in load["limits"]), load["limits"])
        self.assertGreater(load["reference"]["transactions_per_s"], 0)
        self.assertIn("4 handshakes and 4 closes proven", outcome.out)
        # Where the time went, by the kernel's own stamps, and who had the processors meanwhile.
        self.assertLessEqual({"transmit", "remote", "wake_up"}, {phase["phase"] for phase in load["phases"]})
        self.assertTrue(any("other_percent" in point for point in load["series"]), load["series"])
        self.assertTrue((outcome.results / load["log_file"]).read_text().startswith("#[Logged"))

    def test_every_form_of_the_report_has_the_figures(self):
        forms = {"--junit": "junit.xml", "--markdown": "report.md", "--openmetrics": "report.om", "--text": "report.txt",
                 "--json": "copy.json"}
        options = [word for option, file in forms.items() for word in (option, self.folder / "forms" / file)]
        database = self.folder / "runs.db"
        outcome = self.load("tcp://127.0.0.1", "--server", SERVER, "-d", "300ms", "-a", "success", "--message", "123",
                            "--limit", "errors = 0", *options, "--history", database, "--label", "first", "--commit", "abcdef1234")
        load = self.figures(outcome)
        text = {option: (self.folder / "forms" / file).read_text() for option, file in forms.items()}
        self.assertEqual(json.loads(text["--json"]), outcome.report)
        self.assertIn(f'name="load.answered" value="{load["answered"]}"', text["--junit"])
        self.assertIn(f'name="load.doubts" value="{len(load["doubts"])}"', text["--junit"])
        self.assertNotIn("file=", text["--junit"].split("<testcase", 1)[1].split(">", 1)[0])
        self.assertRegex(text["--markdown"], r"\| ✅ <code>load</code> \| [0-9.k]+/s \|")
        self.assertIn("1 handshake and 1 close proven", text["--text"])
        for doubt in load["doubts"]:
            self.assertIn(doubt["about"], text["--text"])
            self.assertIn(doubt["about"], text["--markdown"])
        samples = text["--openmetrics"]
        self.assertIn(f'wireproof_load_requests{{case="load",result="answered"}} {load["answered"]}\n', samples)
        if parse:
            told = {(each.name, each.labels.get("quantile")) for family in parse(samples) for each in family.samples}
            self.assertLessEqual({("wireproof_load_latency_seconds", "0.5"), ("wireproof_load_latency_max_seconds", None),
                                  ("wireproof_load_throughput_requests_per_second", None),
                                  ("wireproof_load_doubts", None), ("wireproof_load_limit_kept", None)}, told)
        # Its standard output ends as a run's does.
        lines = outcome.out.splitlines()
        self.assertEqual(lines[-2:], [f" report  {outcome.results}/report.json", f" look    wireproof show {outcome.results} load"])
        shown = self.wireproof("history", "--history", database)
        self.assertIn("first", shown.out)
        context = outcome.report["context"]
        self.assertEqual((context["label"], context["commit"]), ("first", "abcdef1234"))
        # A form on standard output stands there alone.
        outcome = self.load("tcp://127.0.0.1", "--server", SERVER, "-d", "100ms", "-a", "success", "--message", "123", "--junit", "-")
        self.assertTrue(outcome.out.startswith("<?xml") and outcome.out.endswith("</testsuites>\n"), outcome.out)
        self.assertIn("report.json", outcome.err)

    def test_the_words_that_have_parts(self):
        echo = SERVER + " --echo"
        once = ["tcp://127.0.0.1", "--server", echo, "--no-reference", "--warm-up", "0"]
        load = self.figures(self.load(*once, "--echo", "-n", "400", "-m", "abcdefgh", "--sizes", "uniform:100-300"))
        self.assertAlmostEqual(load["bytes_sent"] / 400, 200, delta=20)  # five deviations and more
        load = self.figures(self.load(*once, "--echo", "--schedule", "0s:100,1s:300", "-d", "1s"))
        self.assertEqual((load["arrivals"], load["sent"]), ("schedule", 200))
        times = self.write("times.txt", "# when\n0\n5\n5\n100.5\n")
        load = self.figures(self.load(*once, "--echo", "--times", times, "-d", "300ms"))
        self.assertEqual((load["arrivals"], load["sent"]), ("recorded", 4))
        load = self.figures(self.load(*once, "-m", "\\x02\\0ab", "--answer-prefix", "2,little-endian", "-n", "50", "--depth", "5"))
        self.assertEqual(load["answered"], 50)
        outcome = self.load(*once, "-m", "\\0\\x02ab", "--answer-prefix", "2,little-endian", "-n", "1", "--timeout", "200ms",
                            status=FAILED)
        self.assertIn("no whole answer", outcome.out)  # it waits for 512 bytes
        sink = SERVER.replace("--exchanges 0", f"--exchanges 1 --receive-exactly {1 << 50}") + " --receive 65536"
        load = self.figures(self.load("tcp://127.0.0.1", "--server", sink, "--pattern", "stream", "-d", "300ms", "--no-reference",
                                      "--write-bytes", "1000"))
        self.assertEqual(load["bytes_sent"], load["sent"] * 1000)

    def test_each_way_to_close_is_told_and_proven(self):
        for who, kind, first in (("client", "three-segment", "client"), ("reset", "reset", "client"),
                                 ("shutdown", "three-segment", "client")):
            with self.subTest(who):
                outcome = self.load("tcp://127.0.0.1", "--server", f"{TARGETS}/tcp-server {{address}} {{port}} --quiet "
                                    "--backlog 128", "--pattern", "connect-request-close", "-n", "300", "-c", "4",
                                    "--close", who, "-a", "success", "--no-reference")
                proof = self.figures(outcome)["proof"]
                self.assertEqual(proof["connections_made"], 300)
                self.assertEqual(proof["closes_proven"], 300, proof)
                self.assertEqual(set(proof["closed_first"]), {first})
                self.assertGreater(proof["closings"].get(kind, 0), 0, proof)

    def test_each_kind_of_capture_proves_every_connection(self):
        for capture in ("whole", "headers", "handshakes"):
            for url in ("tcp://127.0.0.1", "tcp://[::1]"):
                with self.subTest(f"{capture} {url}"):
                    outcome = self.load(url, "--server", f"{TARGETS}/tcp-server {{address}} {{port}} --quiet --backlog 128",
                                        "--pattern", "connect-request-close", "-n", "300", "-c", "4", "--capture",
                                        capture, "-a", "success", "--no-reference", "-l", "proven = 100% and errors = 0")
                    proof = self.figures(outcome)["proof"]
                    self.assertEqual((proof["capture"], proof["handshakes_proven"], proof["closes_proven"]),
                                     (capture, 300, 300), proof)
                    self.assertTrue(proof["balanced"], proof)
                    self.assertEqual("SYN, FIN and RST segments alone" in outcome.out, capture == "handshakes")
                    if capture == "handshakes":
                        self.assertEqual(proof["packets"], 1200, proof)

    def test_the_filter_alone_tells_who_resets_and_who_never_closes(self):
        def proof(server, arguments, *more, status):
            command = f"{TARGETS}/{server} {{address}} {{port}} --quiet --backlog 128 {arguments}"
            outcome = self.load("tcp://127.0.0.1", "--server", command, "--timeout", "2s", "--capture",
                                "handshakes", "--pattern", "connect-request-close", "-n", "20", "-c", "2",
                                "--no-reference", *more, status=status)
            return self.figures(outcome)["proof"], outcome.report["cases"][0]

        told, _ = proof("tcp-server", "--linger 0 --close now", "--close", "server", "-l", "errors < 100", status=PASSED)
        self.assertEqual((told["closings"], told["closed_first"]), ({"reset": 20}, {"server": 20}), told)
        told, case = proof("bad-tcp-never-closes", "", "--close", "client", status=FAILED)
        self.assertEqual(told["closes_proven"], 0, told)
        self.assertIn("20 of 20 closes are not proven", told["difference"])
        self.assertIn("(close unfinished)", told["difference"])
        self.assertEqual(case["status"], "inconclusive", case)

    # ci/soak-load.sh does the same with 20,000 and 1,000,000.
    def test_thousands_of_connections_kept_and_made_are_all_proven(self):
        for count, server, more in ((2000, SERVER + " --processes 4", ["--pattern", "idle", "-c", "2000", "--ramp", "1s", "-d", "3s"]),
                                    (20000, SERVER.replace(" --exchanges 0", ""),
                                     ["--pattern", "connect-request-close", "-c", "32", "-n", "20000", "-a", "success"])):
            with self.subTest(count):
                outcome = self.load("tcp://127.0.0.1", "--server", server, "--no-reference", "-l",
                                    "proven = 100% and errors = 0", *more)
                load = self.figures(outcome)
                proof = load["proof"]
                self.assertEqual((load["connections_made"], proof["handshakes_proven"], proof["closes_proven"], proof["dropped"]),
                                 (count, count, count, 0), proof)
                self.assertEqual(load["most_connected"], 2000 if count == 2000 else 32)

    def test_so_many_packets_that_only_those_that_matter_are_captured(self):
        # Nothing is answered, so that nothing unread makes a RST of the client's FIN.
        sink = SERVER.replace("--exchanges 0", f"--exchanges 1 --receive-exactly {1 << 50}") + " --receive 65536"
        outcome = self.load("tcp://127.0.0.1", "--server", sink, "--pattern", "stream", "-d", "1s",
                            "-c", "2", "--no-reference")
        proof = self.figures(outcome)["proof"]
        if proof["capture"] == "headers" and proof["packets_per_s"] < 60_000:
            self.skipTest(f"{proof['packets_per_s']:.0f} packets a second are too few here")
        self.assertEqual(proof["capture"], "handshakes", proof)
        self.assertTrue(proof["balanced"], proof)
        self.assertIn("few of them SYN, FIN or RST", proof["basis"])

    def test_as_many_processes_as_the_descriptor_limit_asks_for(self):
        port, _ = self.server("--exchanges", "0")
        outcome = self.load(f"tcp://127.0.0.1:{port}", "--pattern", "idle", "-c", "900", "-d", "2s", "--ramp", "300ms",
                            "--no-reference", prefix=["setpriv", "--bounding-set=-all", "--inh-caps=-all", "prlimit",
                                                                                "--nofile=512:512"])
        load = self.figures(outcome)
        self.assertEqual((load["connections_made"], load["most_connected"], load["processes"]), (900, 900, 3))

    def test_a_process_of_the_generator_that_is_killed(self):
        port, _ = self.server("--exchanges", "0")
        results = self.folder / "results"
        run = subprocess.Popen(["setpriv", "--bounding-set=-all", "--inh-caps=-all", "prlimit", "--nofile=512:512", PROGRAM, "load",
                                f"tcp://127.0.0.1:{port}", "--pattern", "idle", "-c", "900", "-d", "3s", "--no-reference", "--out",
                                results],
                               env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        children = lambda pid: [int(one) for one in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        named = lambda pid: pathlib.Path(f"/proc/{pid}/comm").read_text() == "wireproof\n"  # and not its guardian
        generators = lambda: [one for case in children(run.pid) for one in children(case) if named(one)]
        self.assertTrue(wait_until(lambda: len(generators()) == 3, 20))
        killed = generators()[1]
        os.kill(killed, signal.SIGKILL)
        out, err = run.communicate(timeout=60)
        self.assertEqual(run.returncode, FAILED, out + err)
        self.assertIn("was ended by signal 9 (Killed)", " ".join(out.split()))
        self.assertNotIn("Input/output", out)

    def test_many_unix_connections_over_several_processes_at_both_ends(self):
        few = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "prlimit", "--nofile=512:512"]
        for engine in ("epoll", "auto"):
            with self.subTest(engine):
                path = self.folder / engine
                server = subprocess.Popen([*few, TARGETS / "unix-server", path, "--processes", "3", "--exchanges", "0",
                                           "--backlog", "128", "--quiet", "--engine", engine], stderr=subprocess.DEVNULL)
                self.addCleanup(server.wait)
                self.addCleanup(server.terminate)
                self.assertTrue(wait_until(path.exists, 20))
                outcome = self.load(f"unix:{path}", "--pattern", "idle", "-c", "900", "-d", "2s", "--ramp", "300ms",
                                    "--no-reference", prefix=few)
                load = self.figures(outcome)
                self.assertEqual((load["connections_made"], load["most_connected"], load["processes"]), (900, 900, 3))

    def test_the_greatest_number_of_connections_is_searched_for(self):
        server = "prlimit --nofile=24:24 " + SERVER
        outcome = self.load("tcp://127.0.0.1", "--server", server, "--find-max", "errors = 0", "--by", "connections",
                            "-d", "150ms", "--warm-up", "0", "--timeout", "150ms", "-a", "success", "--no-reference",
                            "--capture", "none")
        self.assertRegex(outcome.out, r"greatest number of connections that keeps to errors = 0 lies between \d+, ")
        held = [int(case["parameters"]["connections"]) for case in outcome.report["cases"] if case["status"] == "passed"]
        self.assertLess(max(held), 24)  # some descriptors are the server's own
        self.assertGreater(max(held), 10)

    # Where node and the library are: among the packages of reports/viewer, found by NODE_PATH.
    def test_histograms_are_read_by_hdrhistograms_own_library(self):
        script = SOURCE / "ci/e2e/hdr_percentiles.js"
        node = shutil.which("node")
        if not node or subprocess.run([node, "-e", "require('hdr-histogram-js')"], capture_output=True).returncode:
            self.skipTest("no node, or no hdr-histogram-js that it finds")
        outcome = self.load("tcp://127.0.0.1", "--server", SERVER, "-c", "2", "-d", "500ms", "-a", "success",
                            "--no-reference", "--rate", "4000")
        read = json.loads(subprocess.run([node, script, outcome.results / "report.json"], capture_output=True,
                                         check=True).stdout)
        for phase in self.figures(outcome)["phases"]:
            theirs = read[phase["phase"]]
            self.assertEqual(theirs["count"], phase["count"])
            for ours, (quantile, value) in zip(phase["percentiles"], theirs["values"]):
                # Equal to the last of three digits: they name the bucket's top, we at most the largest value.
                self.assertAlmostEqual(value, ours["value_ns"], delta=ours["value_ns"] / 1000 + 1,
                                       msg=(phase["phase"], quantile))

    # A second's stop in a run of ten at a constant rate: a tenth of all requests wait.
    def test_a_stopped_server_is_charged_for_everyone_who_waited(self):
        port, server = self.server("--exchanges", "0")
        stop = threading.Timer(4.5, server.send_signal, [signal.SIGSTOP])
        go_on = threading.Timer(5.5, server.send_signal, [signal.SIGCONT])
        for timer in (stop, go_on):
            timer.start()
        outcome = self.load(f"tcp://127.0.0.1:{port}", "--rate", "1000", "-c", "8", "-d", "10s", "--warm-up", "0",
                            "-a", "success", "--no-reference")
        load = self.figures(outcome)
        self.assert_balance(load)
        self.assertEqual(load["sent"], 10000)
        # Waits run evenly from 0 to 1 s for the tenth that waited.
        self.assertAlmostEqual(self.percentile(load, 0.95), 500, delta=150)
        self.assertLess(self.percentile(load, 0.75), 100)
        self.assertGreater(max(p["most_ns"] for p in load["phases"] if p["phase"] == "latency"), 900e6)

    def test_one_answer_in_a_hundred_that_is_dropped_is_one_percent(self):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(server.close)
        server.bind(("127.0.0.1", 0))

        def serve():
            count = 0
            while True:
                try:
                    data, peer = server.recvfrom(2048)
                except OSError:
                    return
                if data == b"end":
                    return
                count += 1
                if count % 100:
                    server.sendto(data, peer)

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        outcome = self.load(f"udp://127.0.0.1:{port}", "--rate", "1000", "-c", "40", "-d", "1s", "--warm-up", "0",
                            "--echo", "--timeout", "200ms", "--limit", "error_share <= 1%", "--no-reference")
        server.sendto(b"end", ("127.0.0.1", port))
        thread.join()
        load = self.figures(outcome)
        self.assert_balance(load)
        self.assertEqual((load["sent"], load["timeouts"]), (1000, 10))
        self.assertGreaterEqual(max(p["most_ns"] for p in load["phases"]), 200e6)

    def test_a_generator_kept_from_its_processor_says_so(self):
        cpu = str(min(os.sched_getaffinity(0)))
        busy = [subprocess.Popen(["taskset", "-c", cpu, "sh", "-c", "while :; do :; done"]) for _ in range(3)]
        for one in busy:
            self.addCleanup(one.wait)
            self.addCleanup(one.kill)
        port, _ = self.server("--exchanges", "0")
        outcome = self.load(f"tcp://127.0.0.1:{port}", "--rate", "5000", "-c", "4", "-d", "1s", "--pin", cpu,
                            "-a", "success", "--strict", "--no-reference", status=FAILED)
        load = self.figures(outcome)
        self.assertFalse(load["trusted"])
        self.assertEqual(outcome.report["cases"][0]["status"], "inconclusive", outcome)

    def server(self, *arguments):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = subprocess.Popen([TARGETS / "tcp-server", "127.0.0.1", str(port), "--backlog", "128", *arguments],
                                  stdout=subprocess.PIPE)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        server.stdout.readline()  # it listens
        threading.Thread(target=lambda: [None for _ in iter(lambda: os.read(server.stdout.fileno(), 65536), b"")],
                         daemon=True).start()
        return port, server


class Faults(Load):
    def test_a_server_that_refuses(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        outcome = self.load(f"tcp://127.0.0.1:{port}", "-d", "300ms", status=FAILED)
        self.assertIn("refused", outcome.out)
        self.assertIn("load.answers", {f["rule"] for f in outcome.report["cases"][0]["findings"]})

    def test_a_wrong_answer_is_shown_with_its_bytes(self):
        outcome = self.load("tcp://127.0.0.1", "--server", SERVER, "-d", "200ms", "-a", "SUCCESS", status=FAILED)
        self.assertIn('"success" instead of "SUCCESS"', outcome.out)

    def test_a_limit_that_is_not_kept(self):
        outcome = self.load("tcp://127.0.0.1", "--server", SERVER, "-d", "200ms", "-l", "rate > 1000M", status=FAILED)
        self.assertIn("not kept", outcome.out)

    def test_a_server_that_never_answers_has_failed_whatever_else_is_not_proven(self):
        server = f"{TARGETS}/bad-tcp-never-reads {{address}} {{port}}"
        outcome = self.load("tcp://127.0.0.1", "--server", server, "-d", "200ms", "--timeout", "200ms", status=FAILED)
        self.assertEqual(outcome.report["cases"][0]["status"], "failed", outcome)
        self.assertGreater(self.figures(outcome)["timeouts"], 0)

    def with_five_ports(self, server, options, status):
        """A load in a namespace of its own whose addresses have five ports each: what it printed, and its figures."""
        results = self.folder / "results"
        script = (f"ip link set lo up && echo 40000 40004 > /proc/sys/net/ipv4/ip_local_port_range && "
                  f"{TARGETS}/tcp-server 127.0.0.1 5000 --exchanges 0 --quiet {server} & server=$!; "
                  f"until ss -Htln | grep -q :5000; do :; done; "
                  f"{PROGRAM} load tcp://127.0.0.1:5000 {options} --no-reference --out {results}; "
                  f"status=$?; kill $server; exit $status")
        if subprocess.run(["unshare", "-Urn", "true"], capture_output=True).returncode:
            self.skipTest("no user namespaces here")
        run = subprocess.run(["unshare", "-Urn", "sh", "-c", script], env=environment(), capture_output=True, text=True,
                             timeout=60)
        self.assertEqual(run.returncode, status, run.stdout + run.stderr)
        return run.stdout, json.loads((results / "report.json").read_bytes())["cases"][0]["load"]

    def test_no_free_ports(self):
        told, load = self.with_five_ports("--backlog 64", "-c 20 --sources 1 -d 300ms", FAILED)
        self.assertIn("out of ports", {kind["kind"] for kind in load["error_kinds"]})
        self.assertIn("out of ports", told)

    def test_ports_that_run_out_are_found_at_more_addresses(self):
        _, load = self.with_five_ports("", "-c 40 -n 400 -a success", PASSED)
        self.assertEqual((load["connections_made"], load["answered"]), (40, 400))
        self.assertIn(load["source_addresses"], (16, 32, 64))  # the first ones are full: who tries these takes more
        self.assertIn("ports ran out", [doubt["about"] for doubt in load["doubts"]])

    def test_ipv6_connections_come_from_several_addresses(self):
        short = f"{TARGETS}/tcp-server {{address}} {{port}} --quiet"
        for more, sources in (([], 16), (["--sources", "40"], 40), (["--sources", "1"], 1)):
            with self.subTest(more):
                outcome = self.load("tcp://[::1]", "--server", short, "--pattern", "connect-request-close", "-n", "300", "-c", "4",
                                    "-a", "success", "--no-reference", "-l", "proven = 100% and errors = 0", *more)
                self.assertEqual(self.figures(outcome)["source_addresses"], sources)
        outcome = self.load("tcp://[::1]", "--server", short, "--sources", "2000", "-n", "10", "--no-reference", status=FAILED)
        self.assertIn("there are 1024 for", " ".join(outcome.out.split()))
        outcome = self.load("tcp://[::1]:5", "--sources", "2", "-d", "100ms", "--no-reference", status=FAILED)
        self.assertIn("in a lab of our own", " ".join(outcome.out.split()))

    def test_a_server_that_dies_in_the_middle(self):
        outcome = self.load("tcp://127.0.0.1", "--server", "timeout -s KILL 1 " + SERVER, "-d", "2s", "-c", "4",
                            status=FAILED)
        load = self.figures(outcome)
        self.assert_balance(load)
        self.assertGreater(load["answered"], 0)
        self.assertGreater(load["errors"] + load["connect_errors"], 0)

    def test_ctrl_c_gives_a_whole_report_of_what_was_measured(self):
        results = self.folder / "results"
        run = subprocess.Popen([PROGRAM, "load", "tcp://127.0.0.1", "--server", SERVER, "-d", "60s", "-c", "2",
                                "-a", "success", "--out", results], env=environment(), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
        time.sleep(3)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=30)
        self.assertEqual(run.returncode, INTERRUPTED, out + err)
        self.assertIn("interrupted: these are the figures up to then", out)
        load = json.loads((results / "report.json").read_bytes())["cases"][0]["load"]
        self.assertTrue(load["interrupted"])
        self.assertGreater(load["answered"], 0)
        self.assert_balance(load)
        self.assertEqual(load["proof"]["handshakes_proven"], 2)

    def test_too_few_descriptors(self):
        outcome = self.wireproof("load", "tcp://127.0.0.1:1", "-c", "1000", "-d", "1s", "--out", self.folder / "r",
                                 prefix=["setpriv", "--bounding-set=-all", "--inh-caps=-all", "prlimit", "--nofile=64:64"])
        self.assert_status(outcome, USAGE)
        self.assertEqual(outcome.err.count("the limit is 64"), 1, outcome.err)
        self.assertFalse((self.folder / "r").exists())


class BadInput(Load):
    def test_what_makes_no_sense_is_told_before_anything_runs(self):
        url = "tcp://127.0.0.1:9"
        for words, told in (
                (["http://x"], "no address that load understands"),
                (["tcp://127.0.0.1"], "no port"),
                (["tcp://127.0.0.1:0"], "is no port"),
                (["tcp://127.0.0.1:99999"], "is no port"),
                (["tcp://::1:5"], "brackets"),
                (["unix:"], "no path"),
                ([url, "--rate", "0"], "more than 0 is wanted"),
                ([url, "--rate", "-1"], "more than 0"),
                ([url, "--rate", "1e12"], "no generator sends more"),
                ([url, "--rate", "many"], "no number"),
                ([url, "--duration", "soon"], "no span of time"),
                ([url, "--duration", "0"], "less than a millisecond"),
                ([url, "-c", "0"], "1 to"),
                ([url, "--rate", "10", "--think", "1ms"], "contradicts"),
                ([url, "--arrivals", "poisson"], "needs --rate"),
                ([url, "--arrivals", "closed", "--rate", "5"], "contradicts"),
                ([url, "--arrivals", "poison", "--rate", "5"], "did you mean poisson?"),
                ([url, "--pattern", "stream", "--rate", "5"], "contradicts"),
                ([url, "--depth", "4"], "where an answer ends"),
                ([url, "--warm-up", "auto", "-n", "5"], "over a span of time"),
                ([url, "--ramp-steps", "5"], "without a ramp"),
                ([url, "--capture", "handshake"], "did you mean handshakes?"),
                ([url, "--find-max", "p99 < 1ms", "--by", "luck"], "the rate or connections"),
                ([url, "--echo", "--answer-length", "3"], "more than one way"),
                ([url, "--answer-regex", "("], "--answer-regex"),
                ([url, "--limit", "p99 > "], "a number is wanted"),
                ([url, "--limit", "p101 < 2ms"], "unknown metric"),
                ([url, "--limit", "p99 < 2furlongs"], "no unit"),
                ([url, "--limit", "p99 < 2"], "a unit is wanted"),
                ([url, "--find-max", "p99<2"], "a unit is wanted"),
                ([url, "--sizes", "uniform:9-5"], "--sizes \"uniform:9-5\": the greatest size is below"),
                ([url, "--sizes", "uniform:1-5", "--size", "3"], "contradict"),
                (["udp://127.0.0.1:9", "--sizes", "uniform:1-70000"], "65,507"),
                ([url, "--schedule", "0s:100"], "--schedule \"0s:100\": a schedule has at least two points"),
                ([url, "--schedule", "0s:1,1s:2", "--rate", "5"], "contradict"),
                ([url, "--schedule", "0s:1,1s:2", "--arrivals", "poisson"], "contradicts"),
                ([url, "--times", "/nowhere/at/all"], "--times: cannot read"),
                ([url, "--times", "/dev/null"], "--times \"/dev/null\": no time in it"),
                ([url, "--answer-prefix", "9"], "--answer-prefix \"9\": 1 to 8 bytes"),
                ([url, "--answer-prefix", "4", "--echo"], "more than one way"),
                ([url, "--write-bytes", "5"], "--write-bytes"),
                ([url, "--pattern", "stream", "--write-bytes", "0"], "--write-bytes 0"),
                ([url, "--engine", "select"], "unknown"),
                ([url, "--engine", "blocking", "-c", "9999"], "at most"),
                (["udp://127.0.0.1:9", "--pattern", "connect-close"], "no connections"),
                ([url, "--pattern", "one-way"], "of datagrams"),
                ([url, "--server", ""], "command"),
                ([url, "--server", "'unfinished"], "--server"),
        ):
            with self.subTest(" ".join(words)):
                outcome = self.wireproof("load", *words, "--out", self.folder / "none")
                self.assert_status(outcome, USAGE)
                self.assertIn(told, outcome.err)
                self.assertFalse((self.folder / "none").exists())


if __name__ == "__main__":
    main()
