#!/bin/bash
# Compares `wireproof load` with bare C loops and with the peers that Debian has (sockperf, qperf, wrk,
# redis-benchmark, iperf3, nuttcp), side by side on this machine: alternating runs, medians, ratios. Machines
# are noisy: only the ratios mean anything. Options: --seconds S (of one run, 1), --runs N (5), --only WORD.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -O2 -o "$work/bare" ci/peers/bare.c
python3 ci/peers/compare.py --bare "$work/bare" --build "${BUILD:-build/release}" "$@"
