#!/usr/bin/env bash
# From a fresh clone to a report: installs what is missing, builds the optimised program and runs the
# shipped scenarios. Arguments go to `wireproof run`.
set -euo pipefail
cd "$(dirname "$0")/.."
./ci/install-deps.sh run
./ci/build.sh release wireproof_program
exec ./build/release/wireproof run "$@"
