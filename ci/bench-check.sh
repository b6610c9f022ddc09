#!/usr/bin/env bash
# Times `wireproof check` on a capture of CONNECTIONS short connections (default 1,000,000: ten
# million packets), and beside it, in the same run: a bare libpcap loop, tshark -q -z conv,tcp, and
# tcptrace where it is installed. Medians of RUNS (default 5; the slow ones run once), and peak memory.
# Usage: ci/bench-check.sh [CONNECTIONS [RUNS]]; BENCH_SLOW=0 leaves tshark and tcptrace out.
set -euo pipefail
cd "$(dirname "$0")/.."
connections=${1:-1000000}
runs=${2:-5}
[ -x build/release/bench/make_capture ] || ./ci/build.sh release
folder=$(mktemp -d "${TMPDIR:-/tmp}/bench-check.XXXXXX")
trap 'rm -rf "$folder"' EXIT
capture=$folder/capture.pcap
build/release/bench/make_capture "$capture" "$connections"
echo "capture: $((connections * 10)) packets, $connections connections, $(stat -c %s "$capture") bytes"
cat "$capture" >/dev/null # from here on it is in the page cache for all of them
measure() { # NAME RUNS COMMAND ...
  python3 ci/measure.py "$1" "$((connections * 10))" "$2" "${@:3}"
}
measure 'wireproof check' "$runs" build/release/wireproof check "$capture" --quiet
measure 'wireproof check, one worker' "$runs" build/release/wireproof check "$capture" --quiet --threads 1
measure 'libpcap, counting only' "$runs" build/release/bench/count_packets "$capture"
[ "${BENCH_SLOW:-1}" = 0 ] && exit
for tool in tshark tcptrace; do
  command -v "$tool" >/dev/null || { echo "$tool: not installed"; continue; }
  case $tool in
    tshark) measure 'tshark -q -z conv,tcp' 1 tshark -n -r "$capture" -q -z conv,tcp ;;
    tcptrace) measure 'tcptrace' 1 tcptrace -n "$capture" ;;
  esac
  # A machine that others share has slow minutes: on both sides of each slow tool.
  measure 'wireproof check, again' "$runs" build/release/wireproof check "$capture" --quiet
done
