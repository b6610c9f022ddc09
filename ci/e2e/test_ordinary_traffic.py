"""No false alarm on captures of ordinary programs, over loopback and veth, with and without offloads."""

import json
import pathlib
import subprocess
import sys

from support import TestCase, environment, main, need

TRAFFIC = pathlib.Path(__file__).with_name("ordinary_traffic.py")


class OrdinaryTraffic(TestCase):
    def test_no_rule_is_broken(self):
        need(self, "busybox", "socat", "iperf3", "ip", "ethtool", "unshare", "nsenter")
        inside = ["unshare", "--user", "--map-root-user", "--net"]
        if subprocess.run([*inside, "true"], capture_output=True).returncode:
            self.skipTest("user namespaces are refused here")
        made = subprocess.run([*inside, sys.executable, str(TRAFFIC), str(self.folder)],
                              capture_output=True, text=True, env=environment(), timeout=200)
        self.assertEqual(made.returncode, 0, made.stderr)
        captures = sorted(self.folder.glob("*.pcap"))
        kinds = {capture.name.split("-")[0] for capture in captures}
        self.assertLessEqual({"http", "python_http", "echo", "bulk", "refused", "crowd"}, kinds)
        self.assertEqual(len(captures), 3 * len(kinds))  # loopback, veth with and without offloads
        alarms, openings = [], {}
        for capture in captures:
            outcome = self.wireproof("check", capture, "--json", "-")
            connections = json.loads(outcome.out)["connections"]
            self.assertTrue(connections, capture.name)
            openings[capture.name] = {c["opening"] for c in connections}
            for c in connections:
                alarms += [(capture.name, c["index"], finding["rule"], finding["observed"])
                           for finding in c["findings"] if finding["severity"] != "note"]
        self.assertEqual(alarms, [])
        for name, seen in openings.items():
            self.assertEqual(seen, {"refused" if name.startswith("refused") else "three-way"}, name)


if __name__ == "__main__":
    main()
