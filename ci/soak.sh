#!/usr/bin/env bash
# Runs the shipped suite N times (default 20), every second time beside a busy loop on each core, and
# compares the verdicts: one that differs ends it with exit status 1.
# Usage: ci/soak.sh [N [ARGUMENT of `wireproof run` ...]]
set -euo pipefail
cd "$(dirname "$0")/.."
times=${1:-20}
shift || true
./ci/install-deps.sh run
./ci/build.sh release wireproof_program
out=build/soak
mkdir -p "$out"
loops=()
end_loops() {
  [ ${#loops[@]} -eq 0 ] || kill "${loops[@]}" 2>/dev/null || true
  loops=()
}
trap end_loops EXIT
reports=()
for ((run = 1; run <= times; ++run)); do
  kind=idle
  if ((run % 2 == 0)); then
    kind=loaded
    for ((core = 0; core < $(nproc); ++core)); do
      (while :; do :; done) &
      loops+=($!)
    done
  fi
  status=0
  started=$(date +%s%N)
  build/release/wireproof run --out "$out/$run" "$@" >"$out/$run.log" 2>&1 || status=$?
  took=$((($(date +%s%N) - started) / 1000000))
  end_loops
  wait 2>/dev/null || true
  echo "run $run ($kind): $took ms, exit status $status: $(tail -n 1 "$out/$run.log")"
  reports+=("$out/$run/report.json")
done
python3 ci/compare_verdicts.py "${reports[@]}"
