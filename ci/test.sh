#!/usr/bin/env bash
# Builds with tests and passes them: unit tests, scenario tests, and the program as a user calls it.
# Arguments go to ctest. Where the output is no terminal only what did not pass is named; every
# test's line and output is in build/release/Testing/Temporary/LastTest.log.
set -euo pipefail
cd "$(dirname "$0")/.."
./ci/install-deps.sh run test
./ci/build.sh release
test=(ctest --preset release -j "$(nproc)" --no-label-summary)
[ -t 1 ] && exec "${test[@]}" --progress "$@"
"${test[@]}" "$@" | { grep -v -E '^ *(Start +[0-9]+: |[0-9]+/[0-9]+ Test +#[0-9]+: .* Passed )' || true; }
