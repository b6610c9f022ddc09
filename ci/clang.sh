#!/usr/bin/env bash
# Compiles everything, tests and benchmarks too, with clang and warnings as errors.
set -euo pipefail
cd "$(dirname "$0")/.."
./ci/install-deps.sh clang
CI=${CI:-clang} ./ci/build.sh clang
echo "clang: $(clang++ --version | head -1): no warning"
