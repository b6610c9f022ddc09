#!/usr/bin/env bash
# Builds with tests and passes them: unit tests, scenario tests, and the program as a user calls it.
set -euo pipefail
cd "$(dirname "$0")/.."
./ci/build.sh release
ctest --preset release -j "$(nproc)" "$@"
