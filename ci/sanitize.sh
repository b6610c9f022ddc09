#!/usr/bin/env bash
# Builds and passes the tests under the sanitizers. Usage: ci/sanitize.sh [PRESET ...] [-- CTEST-ARG ...]
# (presets: asan+ubsan and tsan, the default both).
set -euo pipefail
cd "$(dirname "$0")/.."
presets=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  presets+=("$1")
  shift
done
[ $# -gt 0 ] && shift
[ ${#presets[@]} -gt 0 ] || presets=(asan+ubsan tsan)
./ci/install-deps.sh run test
status=0
for preset in "${presets[@]}"; do
  ./ci/build.sh "$preset"
  # Fixed addresses: with as much randomness as newer kernels give, older TSan runtimes do not start.
  setarch -R ctest --preset "$preset" -j "$(nproc)" --no-label-summary "$@" |
    { grep -v -E '^ *(Start +[0-9]+: |[0-9]+/[0-9]+ Test +#[0-9]+: .* Passed )' || true; } ||
    status=1
done
exit $status
