#!/usr/bin/env bash
# Installs what is missing and builds a preset. Usage: ci/build.sh [PRESET [BUILD-TARGET ...]]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true
./ci/install-deps.sh
# Warnings are errors in CI, not for a user with another compiler.
flags=(-DWIREPROOF_WERROR="$([ -n "${CI:-}" ] && echo ON || echo OFF)")
command -v ccache >/dev/null && flags+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
[ "$preset" = release ] || flags+=(-DWIREPROOF_BENCHMARKS=OFF)
mkdir -p build
log=build/configure-$preset.log
cmake --preset "$preset" "${flags[@]}" >"$log" 2>&1 || {
  cat "$log" >&2
  exit 1
}
cmake --build --preset "$preset" ${1:+--target "$@"}
