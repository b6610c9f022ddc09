#!/usr/bin/env bash
# Runs each libFuzzer program for some seconds, from its kept inputs (testdata/fuzz/ beside its source)
# and from what earlier runs here found. Usage: ci/fuzz.sh [SECONDS [PROGRAM ...]]
# An input that breaks one is left in build/fuzz/found/: mend the fault, then keep it in testdata/fuzz/.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
./ci/install-deps.sh clang
mapfile -t programs < <(git ls-files '*_fuzz.cpp' | sed 's|.*/||; s|\.cpp$||')
[ $# -eq 0 ] || programs=("$@")
./ci/build.sh fuzz "${programs[@]}"
mkdir -p build/fuzz/found
for program in "${programs[@]}"; do
  source=$(git ls-files "*/$program.cpp")
  seeds=$(dirname "$source")/testdata/fuzz
  [ -d "$seeds/$program" ] && seeds=$seeds/$program
  corpus=build/fuzz/corpus/$program
  mkdir -p "$corpus"
  [ -d "$seeds" ] || seeds=
  log=build/fuzz/$program.log
  if build/fuzz/fuzz/"$program" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="build/fuzz/found/$program-" -print_final_stats=1 \
    "$corpus" ${seeds:+"$seeds"} >"$log" 2>&1; then
    echo "fuzz: $program: $(awk '/number_of_executed_units/ {print $2}' "$log") inputs, no finding"
  else
    tail -n 60 "$log" >&2
    echo "fuzz: $program: a finding, in build/fuzz/found/" >&2
    exit 1
  fi
done
