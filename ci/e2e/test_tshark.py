"""Agrees with tshark on every trace that the project has: connections, completeness,
retransmissions, out of order, zero windows, keep-alives. Where the two differ the difference stands
here with the reason; one that is not listed fails, and so does one that is listed and gone."""

import collections
import json
import subprocess

from support import SOURCE, TestCase, main, need

SYN, SYN_ACK, ACK, DATA, FIN, RST = 1, 2, 4, 8, 16, 32

# File: {what: (wireproof, tshark)}, and why wireproof is right.
DIFFERENCES = {
    "06_simultaneous_open.pcap": (
        {"retransmissions": (0, 2)},
        "a SYN-ACK that answers a crossing SYN repeats the number, not the segment (RFC 9293 3.5)"),
    "10_syn_to_closed_port_rstack.pcap": (
        {"completeness": ([SYN | RST], [SYN | ACK | RST])},
        "the ACK of a RST completes no handshake (RFC 9293 3.10.7.1)"),
    "14_tfo_data_on_syn_not_accepted.pcap": (
        {"retransmissions": (0, 1)},
        "data on a SYN that was not accepted is sent for the first time that counts (RFC 7413 4.2.2)"),
    "20_rst_in_window_not_exact_challenge_ack.pcap": (
        {"retransmissions": (0, 1)},
        "a RST takes no sequence number: what follows it is new (RFC 5961 3.2)"),
    "34_one_direction_only.pcap": (
        {"completeness": ([SYN | DATA | FIN], [SYN | ACK | DATA | FIN])},
        "where no SYN-ACK was captured nothing shows that one was acknowledged"),
    "40b_snap48_tcp_header_cut.pcap": (
        {"completeness": ([SYN | SYN_ACK | ACK | DATA | FIN], [0])},
        "numbers and flags were captured, and say all this; tshark reads no header that is cut"),
    "56_hs_ack_wrong_ack.pcap": (
        {"completeness": ([SYN | SYN_ACK | RST], [SYN | SYN_ACK | ACK | RST])},
        "an ACK of something else does not complete a handshake (RFC 9293 3.5)"),
}

ANALYSIS = "tcp.analysis."
AGAIN = [ANALYSIS + word for word in ("retransmission", "fast_retransmission", "spurious_retransmission")]
COUNTED = {"out_of_order": [ANALYSIS + "out_of_order"], "zero_windows": [ANALYSIS + "zero_window"],
           "keep_alives": [ANALYSIS + "keep_alive"], "retransmissions": AGAIN}


def traces():
    found = [path for path in SOURCE.glob("harness/*/testdata/**/*.pcap*") if path.is_file()]
    return sorted(found)


def tshark(path):
    """Its counts, from two passes: the completeness of one pass lags by a packet."""
    fields = ["tcp.stream", "tcp.completeness"] + sorted(sum(COUNTED.values(), []))
    command = ["tshark", "-2", "-n", "-r", str(path), "-Y", "tcp", "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    counts = collections.Counter()
    completeness = {}
    for line in out.splitlines():
        row = dict(zip(fields, line.split("\t")))
        completeness[row["tcp.stream"]] = int(row["tcp.completeness"] or "0", 0)
        for what, names in COUNTED.items():
            counts[what] += any(row[name] for name in names)
    counts["connections"] = len(completeness)
    return counts, sorted(completeness.values())


def completeness(connection):
    client, server = connection["client"], connection["server"]
    bits = 0
    if "syn_packet" in client:
        bits |= SYN
    if "syn_packet" in server:
        bits |= SYN_ACK
    if connection.get("handshake_done"):
        bits |= ACK
    if client["payload_bytes_sent"] + server["payload_bytes_sent"]:
        bits |= DATA
    if "fin_packet" in client or "fin_packet" in server:
        bits |= FIN
    if "rst_packet" in client or "rst_packet" in server:
        bits |= RST
    return bits


class Agreement(TestCase):
    def ours(self, path):
        outcome = self.wireproof("check", path, "--json", "-")
        connections = json.loads(outcome.out)["connections"]
        counts = collections.Counter({what: 0 for what in COUNTED})
        for connection in connections:
            for end in (connection["client"], connection["server"]):
                for what in COUNTED:
                    counts[what] += end.get(what, 0)
        counts["connections"] = len(connections)
        return counts, sorted(map(completeness, connections))

    def test_every_trace(self):
        need(self, "tshark")
        paths = traces()
        self.assertGreater(len(paths), 40)
        unlisted, listed = {}, dict(DIFFERENCES)
        for path in paths:
            ours, ours_complete = self.ours(path)
            theirs, theirs_complete = tshark(path)
            differs = {what: (ours[what], theirs[what])
                       for what in ("connections", *sorted(COUNTED)) if ours[what] != theirs[what]}
            if ours_complete != theirs_complete:
                differs["completeness"] = (ours_complete, theirs_complete)
            expected, _ = listed.pop(path.name, ({}, ""))
            if differs != expected:
                unlisted[path.name] = {"differs": differs, "listed": expected}
        self.assertEqual(unlisted, {})
        self.assertEqual(sorted(listed), [], "traces that are listed and not there")


if __name__ == "__main__":
    main()
