#!/usr/bin/env bash
# Builds and runs the Google Benchmark programs, one after the other; figures also as JSON in
# build/release/bench/. `viewer` is the HTML report's, in Chromium. Usage: ci/bench.sh [NAME ...] [-- BENCHMARK-ARG ...]
set -euo pipefail
cd "$(dirname "$0")/.."
names=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  names+=("$1_bench")
  shift
done
[ $# -gt 0 ] && shift
./ci/build.sh release
modules=$PWD/build/release/viewer/node_modules
if [ ${#names[@]} -eq 0 ]; then
  mapfile -t names < <(cd build/release/bench && find . -name '*_bench' -type f -printf '%f\n' | sort)
  [ ! -d "$modules/playwright-core" ] || names+=(viewer_bench)
fi
for name in "${names[@]}"; do
  echo "== $name"
  if [ "$name" = viewer_bench ]; then
    WIREPROOF=$PWD/build/release/wireproof WIREPROOF_MODULES=$modules node reports/viewer/test/bench.mjs
    continue
  fi
  build/release/bench/"$name" --benchmark_out="build/release/bench/$name.json" \
    --benchmark_out_format=json --benchmark_counters_tabular=true "$@"
done
