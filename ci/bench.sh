#!/usr/bin/env bash
# Builds and runs the Google Benchmark programs, one after the other; figures also as JSON in
# build/release/bench/. Usage: ci/bench.sh [NAME ...] [-- BENCHMARK-ARG ...] (names: packet, tcp ...)
set -euo pipefail
cd "$(dirname "$0")/.."
names=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  names+=("$1_bench")
  shift
done
[ $# -gt 0 ] && shift
./ci/build.sh release
if [ ${#names[@]} -eq 0 ]; then
  mapfile -t names < <(cd build/release/bench && find . -name '*_bench' -type f -printf '%f\n' | sort)
fi
for name in "${names[@]}"; do
  echo "== $name"
  build/release/bench/"$name" --benchmark_out="build/release/bench/$name.json" \
    --benchmark_out_format=json --benchmark_counters_tabular=true "$@"
done
