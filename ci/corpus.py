#!/usr/bin/env python3
"""Judges a folder of other people's captures and compares with what other tools say of them.

    ci/corpus.py FOLDER [--program build/release/wireproof] [--verbose]

FOLDER holds captures and, if it has one, an index.tsv with columns `file`, `tcp_connections` (as
tshark counts them) and `zeek_baseline` (conn_state:history of the connections, each kind once).
Says which files crash the program or make it refuse them, every must-finding that is firm (each is a
suspected false alarm until somebody has looked), and every conn_state that no connection of the file
explains. Exit status 1 where there is a crash or an unexplained difference. The classes of
explained differences are those of docs/rules-coverage.md.
"""

import argparse
import collections
import csv
import json
import pathlib
import subprocess
import sys

OPEN = {"three-way", "simultaneous"}
ORDERLY = {"four-way", "three-segment", "simultaneous"}
UNKNOWN = {"not-captured", "inconclusive", "none"}


def same(state, c):
    """Whether zeek's word and ours mean the same."""
    opening, closing, first = c["opening"], c["closing"], c["closed_first"]
    return {
        "S0": opening == "unanswered",
        "S1": opening in OPEN and closing in {"none", "not-captured"},
        "S2": opening in OPEN and closing == "unfinished" and first == "client",
        "S3": opening in OPEN and closing == "unfinished" and first == "server",
        "SF": opening in OPEN and closing in ORDERLY,
        "REJ": opening == "refused",
        "RSTO": closing == "reset" and first == "client",
        "RSTR": closing == "reset" and first == "server",
        "RSTOS0": opening in {"unanswered", "half-open"} and closing == "reset",
        "OTH": opening in UNKNOWN,
    }.get(state, False)


def explained(state, history, c):
    """The class of a difference, or None."""
    opening, closing = c["opening"], c["closing"]
    if history.startswith("^") and opening == "inconclusive":
        return "the SYN is not in the capture"
    if state == "SF" and history[-1] in "rR" and closing == "reset":
        return "the second FIN was answered by a RST"
    if state in {"SH", "SHR", "S0", "RSTOS0"} and opening == "inconclusive":
        return "one direction is missing"
    if state in {"RSTO", "RSTRH", "RSTR"} and closing == "reset":
        return "who closed first, and how it ended, are told apart"
    if state in {"S0", "SH"} and "h" not in history and opening in OPEN:
        return "segments with bad checksums, as all of the file's are"
    if state in {"S1", "S3", "S2"} and opening in OPEN and closing in ORDERLY:
        return "the close that zeek missed is in the capture"
    if state == "OTH" and opening in OPEN:
        return "zeek drops the handshake for its checksums"
    return None


def judge(program, file):
    ran = subprocess.run([program, "check", str(file), "--json", "-"], capture_output=True, timeout=300)
    report = json.loads(ran.stdout) if ran.stdout else None
    crashed = ran.returncode not in (0, 1, 2) or (report is None and ran.returncode != 2)
    return report, crashed, ran.stderr.decode(errors="replace").strip()


def compare_states(row, report, classes, say):
    connections = report["connections"]
    wrong = 0
    for word in filter(None, (row.get("zeek_baseline(conn_state:history)") or "").split(" ")):
        state, _, history = word.partition(":")
        if any(same(state, c) for c in connections):
            continue
        why = next((w for c in connections if (w := explained(state, history, c))), None)
        if why:
            classes[why] += 1
            continue
        if not connections and not report["summary"]["tcp_packets"]:
            classes["a tunnel that is not opened: 802.11 within GRE"] += 1
            continue
        wrong += 1
        seen = sorted({(c["opening"], c["closing"], c["closed_first"]) for c in connections})
        say(f"{row['file']}: zeek says {word}, which none of {seen} is")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--program", default="build/release/wireproof")
    parser.add_argument("--verbose", action="store_true", help="connection counts that differ, too")
    request = parser.parse_args()
    index = request.folder / "index.tsv"
    if index.exists():
        with index.open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    else:
        rows = [{"file": p.name} for p in sorted(request.folder.iterdir()) if "cap" in p.suffix]
    classes, verdicts = collections.Counter(), collections.Counter()
    broken = wrong = 0
    for row in rows:
        report, crashed, said = judge(request.program, request.folder / row["file"])
        if crashed or report is None:
            broken += crashed
            print(f"{row['file']}: {'crashed' if crashed else 'refused'}: {said}")
            continue
        connections = report["connections"]
        for c in connections:
            verdicts[c["verdict"]] += 1
            for finding in c["findings"]:
                if finding["severity"] == "must" and not finding.get("inconclusive"):
                    print(f"{row['file']}: connection {c['index']}: {finding['rule']}: {finding['observed']}")
        counted = row.get("tcp_connections", "")
        if request.verbose and counted.isdigit() and int(counted) != len(connections):
            print(f"{row['file']}: {len(connections)} connections, tshark {counted}")
        wrong += compare_states(row, report, classes, print)
    print(f"{len(rows)} files; connections: {dict(verdicts)}; {broken} crashes; {wrong} unexplained differences")
    for why, count in classes.most_common():
        print(f"  {count:3} explained: {why}")
    return 1 if broken or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
