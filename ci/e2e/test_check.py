"""`check` and `watch` as a user calls them: every way in, every way out, and what tshark makes of it."""

import csv
import gzip
import io
import json
import os
import re
import select
import signal
import subprocess
import threading
import unittest

from support import (FAILED, IS_ROOT, PASSED, PROGRAM, SOURCE, TestCase, USAGE, environment, main, need, state_of,
                     wait_until)

TRACES = SOURCE / "harness/tcp/testdata"
GOOD = TRACES / "good/exchange_four_way_v4.pcap"
BAD = TRACES / "situations/60_data_after_fin_same_side.pcap"


class Ways(TestCase):
    def test_standard_input_and_compression(self):
        need(self, "zstd")
        plain = self.wireproof("check", GOOD, "--jsonl", "-")
        self.assert_status(plain, PASSED)
        packed = {
            "gz": gzip.compress(GOOD.read_bytes()),
            "zst": subprocess.run(["zstd", "-c", str(GOOD)], capture_output=True, check=True).stdout,
        }
        want = {k: v for k, v in json.loads(plain.out).items() if k != "file"}
        for ending, content in packed.items():
            path = self.folder / f"trace.{ending}"
            path.write_bytes(content)
            for arguments, stdin in (([path], subprocess.DEVNULL), (["-"], open(path, "rb"))):
                done = self.wireproof("check", *arguments, "--jsonl", "-", stdin=stdin)
                self.assert_status(done, PASSED)
                self.assertEqual({k: v for k, v in json.loads(done.out).items() if k != "file"}, want)
                if stdin is not subprocess.DEVNULL:
                    stdin.close()

    def test_cut_at_any_byte_the_rest_is_judged(self):
        content = BAD.read_bytes()
        for size in range(24, len(content), 37):
            path = self.folder / "cut.pcap"
            path.write_bytes(content[:size])
            done = self.wireproof("check", path, "--json", "-")
            self.assertIn(done.status, (PASSED, FAILED, USAGE), str(done))
            json.loads(done.out)

    def test_a_file_that_grows_is_followed_until_interrupted(self):
        content = GOOD.read_bytes()
        path = self.folder / "grows.pcap"
        path.write_bytes(content[:30])  # within the first record
        process = subprocess.Popen([PROGRAM, "check", path, "--follow"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment())
        self.addCleanup(process.kill)
        with open(path, "ab") as file:
            for begin in range(30, len(content), 50):
                file.write(content[begin:begin + 50])
                file.flush()
        # It waits in the file's end when it has its inotify watch and nothing to read.
        self.assertTrue(wait_until(lambda: at_end_of(process.pid, path, len(content)), 20))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, PASSED, err)
        self.assertIn(b"1 connection", out)
        self.assertIn(b"four-way", out)


    def test_what_has_closed_is_told_while_the_file_is_still_followed(self):
        path = self.folder / "grows.pcap"
        path.write_bytes(GOOD.read_bytes())
        process = subprocess.Popen([PROGRAM, "check", path, "--follow"], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment())
        self.addCleanup(process.kill)
        ready, _, _ = select.select([process.stdout], [], [], 20)  # nothing more is written
        self.assertTrue(ready, "not told before the end")
        self.assertIn(b"four-way", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        self.assertEqual(process.returncode, PASSED, err)


def number(text):
    return int(text.replace(",", ""))


def at_end_of(pid, path, size):
    """Whether the process has read all of the file, by its descriptor's position."""
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.readlink(f"/proc/{pid}/fd/{name}") == str(path):
                with open(f"/proc/{pid}/fdinfo/{name}") as info:
                    return f"pos:\t{size}\n" in info.read()
        except OSError:
            pass
    return False


class Forms(TestCase):
    def test_wireshark_shows_the_findings_as_packet_comments(self):
        need(self, "tshark")
        for source in (BAD, self.as_pcapng(BAD)):
            out = self.folder / "annotated.pcapng"
            done = self.wireproof("check", source, "--annotate", out, "--json", "-")
            self.assert_status(done, FAILED)
            seen = subprocess.run(
                ["tshark", "-n", "-r", str(out), "-Y", "frame.comment", "-T", "fields", "-e", "frame.number",
                 "-e", "frame.comment"], capture_output=True, text=True, env=environment())
            self.assertEqual(seen.returncode, 0, seen.stderr)
            shown = dict(line.split("\t", 1) for line in seen.stdout.splitlines())
            for finding in json.loads(done.out)["connections"][0]["findings"]:
                for packet in finding["packets"]:
                    self.assertIn(finding["rule"], shown.get(str(packet), ""), seen.stdout)
            whole = subprocess.run(["tshark", "-n", "-r", str(out)], capture_output=True, text=True,
                                   env=environment())
            self.assertEqual(whole.returncode, 0, whole.stderr)
            self.assertNotIn("alformed", whole.stdout)

    def as_pcapng(self, pcap):
        out = self.folder / "source.pcapng"
        subprocess.run(["tshark", "-r", str(pcap), "-w", str(out), "-F", "pcapng"], check=True,
                       capture_output=True, env=environment())
        return out

    def test_split_writes_what_tshark_reads(self):
        need(self, "tshark")
        parts = self.folder / "parts"
        done = self.wireproof("check", TRACES / "situations", "--split", parts)
        self.assert_status(done, FAILED)
        files = sorted(parts.iterdir())
        self.assertTrue(files)
        for file in files:
            self.assertTrue(file.name.endswith(".pcapng"), file)
            seen = subprocess.run(["tshark", "-n", "-r", str(file)], capture_output=True, text=True,
                                  env=environment())
            self.assertEqual(seen.returncode, 0, seen.stderr)
            self.assertTrue(seen.stdout.strip(), file)
            again = self.wireproof("check", file)
            self.assertIn("1 connection", again.out)

    def test_csv_is_read_by_others(self):
        done = self.wireproof("check", GOOD, BAD, "--csv", "-")
        rows = list(csv.DictReader(io.StringIO(done.out, newline="")))
        self.assertEqual([row["verdict"] for row in rows], ["passed", "failed"])
        self.assertTrue(all(None not in row and None not in row.values() for row in rows))

    def test_a_report_in_a_file_is_whole_or_not_there(self):
        out = self.folder / "report.json"
        self.assert_status(self.wireproof("check", BAD, "--json", out), FAILED)
        self.assertEqual(len(json.loads(out.read_bytes())["connections"]), 1)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["report.json"])
        refused = self.wireproof("check", self.folder / "absent.pcap", "--json", self.folder / "no.json")
        self.assert_status(refused, USAGE)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["report.json"])


@unittest.skipUnless(IS_ROOT, "captures on an interface")
class Watch(TestCase):
    """In a network namespace of its own, so that nobody else's packets are there."""

    def watch(self):
        script = ("ip link set lo up && exec " + str(PROGRAM) + " watch lo --filter 'port 7777'")
        process = subprocess.Popen(["unshare", "--net", "sh", "-c", script], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment(), text=True)
        self.addCleanup(process.kill)
        self.assertIn("watching lo", process.stderr.readline())
        return process

    def test_connections_are_told_as_they_end(self):
        process = self.watch()
        thread = threading.Thread(target=self.traffic, args=(process.pid,))
        thread.start()
        thread.join()
        told = process.stdout.readline()  # before it is stopped
        self.assertIn("tcp 1", told)
        self.assertIn("opening three-way", told)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, PASSED, err)
        self.assertIn("2 connections", out)
        self.assertNotIn("dropped", out + err)

    def test_what_it_could_not_take_is_told(self):
        process = self.watch()
        process.send_signal(signal.SIGSTOP)
        self.assertTrue(wait_until(lambda: state_of(process.pid) == "T", 20))
        # More than its ring has room for, and nobody who takes them out.
        script = ("import socket\n"
                  "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                  "s.bind(('127.0.0.1', 7777))\n"
                  "for _ in range(100_000): s.sendto(bytes(1400), ('127.0.0.1', 7777))\n")
        subprocess.run(["nsenter", f"--net=/proc/{process.pid}/ns/net", "/usr/bin/python3", "-c", script],
                       check=True, timeout=60)
        process.send_signal(signal.SIGCONT)
        # It says so while it still watches.
        lines = iter(process.stderr.readline, "")
        self.assertTrue(any("dropped so far" in line for line in lines))
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, PASSED, err)
        lost = re.search(r"lost +([0-9,]+) packets", out)
        self.assertIsNotNone(lost, out)
        seen = re.search(r"([0-9,]+) packets", out)
        self.assertEqual(number(lost[1]) + number(seen[1]), 100_000)

    def traffic(self, pid):
        """Two connections within the process's network namespace."""
        script = ("import socket\n"
                  "s = socket.create_server(('127.0.0.1', 7777))\n"
                  "for _ in range(2):\n"
                  "    c = socket.create_connection(('127.0.0.1', 7777)); a, _ = s.accept()\n"
                  "    c.sendall(b'x'); a.recv(1); c.close(); a.recv(1); a.close()\n")
        subprocess.run(["nsenter", f"--net=/proc/{pid}/ns/net", "/usr/bin/python3", "-c", script],
                       check=True, timeout=30)

    def test_an_interface_that_is_not_there(self):
        done = self.wireproof("watch", "nosuch0")
        self.assert_status(done, 3)
        self.assertIn("nosuch0", done.err)


if __name__ == "__main__":
    main()
