#!/usr/bin/env bash
# Instructions a packet of `wireproof check`, by callgrind: the same on a noisy machine, so that a
# regression shows. Counted between two captures of different size, so that the start is in neither.
# Usage: ci/callgrind-check.sh [LIMIT]: more than so many instructions a packet are a failure
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x build/release/bench/make_capture ] || ./ci/build.sh release
folder=$(mktemp -d "${TMPDIR:-/tmp}/callgrind-check.XXXXXX")
trap 'rm -rf "$folder"' EXIT
instructions() { # CONNECTIONS
  build/release/bench/make_capture "$folder/$1.pcap" "$1"
  valgrind --tool=callgrind --callgrind-out-file="$folder/$1.out" \
    build/release/wireproof check "$folder/$1.pcap" --quiet --threads 1 >/dev/null 2>"$folder/log" ||
    { cat "$folder/log" >&2; exit 1; }
  awk '/^(summary|totals):/ {print $2; exit}' "$folder/$1.out"
}
# More connections than linger (20,000), so that what is counted uses memory again as a long run does.
small=$(instructions 25000)
large=$(instructions 45000)
each=$(((large - small) / 200000))
echo "$each instructions a packet"
if [ -n "${1:-}" ] && [ "$each" -gt "$1" ]; then
  echo "more than $1" >&2
  exit 1
fi
