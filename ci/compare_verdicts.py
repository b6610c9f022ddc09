"""Compares the verdicts of several reports: python3 compare_verdicts.py REPORT.json ...
Exit status 1 where a case ended otherwise in one than in the first."""

import json
import sys


def verdicts(report):
    """What must be the same in every run: {case: (status, as expected, must-rules that were broken)}."""
    return {case["id"]: (case["status"], bool(case.get("expected_failure")),
                         tuple(sorted({f["rule"] for f in case["findings"]
                                       if f["severity"] == "must" and not f.get("inconclusive")})))
            for case in report["cases"]}


def difference(before, after):
    """The verdicts that differ, one a line; empty where none does."""
    return "\n".join(f"{case}: {before.get(case)} -> {after.get(case)}"
                     for case in sorted(before.keys() | after.keys())
                     if before.get(case) != after.get(case))


def main(paths):
    first, differing, retried = None, 0, 0
    for path in paths:
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
        retried += report["totals"]["retried"]
        seen = verdicts(report)
        first = first or seen
        told = difference(first, seen)
        if told:
            differing += 1
            print(f"{path}:\n{told}")
    print(f"{len(paths)} runs of {len(first)} cases: {differing} with a differing verdict, "
          f"{retried} cases were tried again")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
