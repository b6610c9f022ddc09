#!/usr/bin/env bash
# Formats the C++ sources as .clang-format says; with --check says what it would change, and exits 1.
set -euo pipefail
cd "$(dirname "$0")/.."
./ci/install-deps.sh format
mode=(-i)
[ "${1:-}" = --check ] && mode=(--dry-run -Werror)
git ls-files -z '*.cpp' '*.h' | xargs -0 clang-format "${mode[@]}"
