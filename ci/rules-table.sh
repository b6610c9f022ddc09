#!/usr/bin/env bash
# Writes the table of rules in docs/rules.md anew, from the program's own list; with --check says
# whether it is up to date. Usage: ci/rules-table.sh [--check]
set -euo pipefail
cd "$(dirname "$0")/.."
program=${WIREPROOF:-build/release/wireproof}
mark='<!-- rules: made by ci/rules-table.sh -->'
made=$(mktemp)
trap 'rm -f "$made"' EXIT
{
  sed "\|^$mark\$|q" docs/rules.md
  echo
  echo '| rule | severity | source | what must hold |'
  echo '| --- | --- | --- | --- |'
  "$program" rules --json - | python3 -c '
import json, sys
for rule in json.load(sys.stdin)["rules"]:
    cells = [rule["id"], rule["severity"], rule["source"], rule["title"]]
    print("| `" + cells[0] + "` | " + " | ".join(c.replace("|", "\\|") for c in cells[1:]) + " |")'
} >"$made"
if [ "${1:-}" = --check ]; then
  diff -u docs/rules.md "$made" || {
    echo "docs/rules.md is not what the program judges: run ci/rules-table.sh" >&2
    exit 1
  }
else
  cp "$made" docs/rules.md
fi
