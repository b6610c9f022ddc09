"""No false alarm on captures of ordinary programs: over loopback and veth, with and without offloads, and
over the wire, with and without losses."""

import json
import os
import pathlib
import shutil
import subprocess
import sys

from support import PASSED, TestCase, environment, main, need

TRAFFIC = pathlib.Path(__file__).with_name("ordinary_traffic.py")


class OrdinaryTraffic(TestCase):
    def test_no_rule_is_broken(self):
        need(self, "busybox", "socat", "iperf3", "ip", "ethtool", "unshare", "nsenter")
        # Root needs no user namespace, in which nobody could log in by ssh.
        inside = ["unshare", "--net", "--mount"] + (["--user", "--map-root-user"] if os.geteuid() else [])
        if subprocess.run([*inside, "true"], capture_output=True).returncode:
            self.skipTest("namespaces are refused here")
        made = subprocess.run([*inside, sys.executable, str(TRAFFIC), str(self.folder)],
                              capture_output=True, text=True, env=environment(), timeout=200)
        self.assertEqual(made.returncode, 0, made.stderr)
        captures = sorted(self.folder.glob("*.pcap"))
        kinds = {capture.name.split("-")[0] for capture in captures}
        self.assertLessEqual({"http", "python_http", "echo", "bulk", "refused", "crowd"}, kinds)
        self.assertEqual(len(captures), 3 * len(kinds))  # loopback, veth with and without offloads
        for capture in captures:
            openings = self.no_alarm(capture)
            self.assertEqual(openings, {"refused" if capture.name.startswith("refused") else "three-way"}, capture.name)

    def no_alarm(self, capture):
        """How the connections of a capture opened."""
        connections = json.loads(self.wireproof("check", capture, "--json", "-").out)["connections"]
        self.assertTrue(connections, capture)
        self.assertEqual([(c["index"], finding["rule"], finding["observed"]) for c in connections
                          for finding in c["findings"]
                          if finding["severity"] != "note" and not finding.get("inconclusive")], [], capture)
        return {c["opening"] for c in connections}

    # Here wireproof runs the programs itself: its own verdict counts as well.
    def test_no_rule_is_broken_over_the_wire(self):
        need(self, "busybox", "iperf3", "socat")
        (self.folder / "page").write_bytes(b"x" * 300_000)
        sent = self.folder / "sent"
        sent.write_bytes(b"y" * 100_000)
        page = "http://{address}:{port}/page"
        pairs = {
            "http": (["busybox", "httpd", "-f", "-p", "{port}", "-h", str(self.folder)],
                     ["busybox", "wget", "-q", "-O", "/dev/null", page]),
            "bulk": (["iperf3", "-s", "-1", "-p", "{port}"],
                     ["iperf3", "-c", "{address}", "-p", "{port}", "-n", "1M", "-P", "2"]),
            "echo": (["socat", "TCP-LISTEN:{port},reuseaddr,fork", "EXEC:cat"],
                     ["socat", "-t5", f"OPEN:{sent}!!/dev/null", "TCP:{address}:{port}"]),
        }
        if shutil.which("curl"):
            pairs["curl"] = (pairs["http"][0], ["curl", "-sS", "-o", "/dev/null", page, "-o", "/dev/null", page])
        if shutil.which("redis-server") and shutil.which("redis-benchmark"):
            pairs["redis"] = (["redis-server", "--port", "{port}", "--bind", "0.0.0.0", "--protected-mode", "no",
                               "--save", "", "--dir", str(self.folder)],
                              ["redis-benchmark", "-h", "{address}", "-p", "{port}", "-n", "300", "-c", "5", "-q",
                               "-t", "set,get"])
        wires = {"plain": {}, "lossy": {"both": {"delay_ms": 2, "loss": 0.01, "duplication": 0.005, "reordering": 0.01}}}
        for name, (server, client) in pairs.items():
            for kind, wire in wires.items():
                self.write(f"{name}-{kind}.json", {
                    "title": f"{name} over the wire, {kind}", "topology": "wire", "transport": "tcp", "wire": wire,
                    "server": {"command": server}, "client": {"command": client},
                    "expect": {"connections": {"at_least": 1}}})
        outcome = self.wireproof("run", *sorted(self.folder.glob("*-plain.json")),
                                 *sorted(self.folder.glob("*-lossy.json")))
        self.assert_status(outcome, PASSED)
        captures = [outcome.results / capture["file"] for case in outcome.report["cases"]
                    for capture in case["captures"]]
        self.assertEqual(len(captures), 2 * 2 * len(pairs))  # at both ends
        for capture in captures:
            self.assertEqual(self.no_alarm(capture), {"three-way"}, capture)


if __name__ == "__main__":
    main()
