#!/usr/bin/env bash
# Installs what is missing and builds a preset. Usage: ci/build.sh [PRESET [BUILD-TARGET ...]]
# Quiet unless something is wrong; on a terminal with ninja's progress line.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-release}
shift || true
./ci/install-deps.sh

# Warnings are errors in CI, not for a user with another compiler.
flags=(-DWIREPROOF_WERROR="$([ -n "${CI:-}" ] && echo ON || echo OFF)")
# Likewise the HTML report: a user's machine may have no way to the npm registry.
flags+=(-DWIREPROOF_VIEWER="$([ -n "${CI:-}" ] && echo ON || echo AUTO)")
command -v ccache >/dev/null && flags+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)

# Ninja configures again by itself when a CMake file changed; here only what it cannot know.
build=build/$preset
stamp=$build/.configured-with
if [ ! -e "$build/build.ninja" ] || [ "$(cat "$stamp" 2>/dev/null)" != "${flags[*]}" ]; then
  mkdir -p "$build"
  cmake --preset "$preset" "${flags[@]}" >"$build/configure.log" 2>&1 || {
    cat "$build/configure.log" >&2
    exit 1
  }
  echo "${flags[*]}" >"$stamp"
fi

# A compiler takes up to 1.5 GiB: not more of them at once than fit.
available_kib=$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)
jobs=$((available_kib / 1572864))
[ "$jobs" -lt 1 ] && jobs=1
[ "$jobs" -gt "$(nproc)" ] && jobs=$(nproc)
quiet=--quiet
[ -t 1 ] && quiet=
started=$SECONDS
cmake --build --preset "$preset" -j "$jobs" ${1:+--target "$@"} -- $quiet
took=$((SECONDS - started))
[ "$took" -lt 5 ] || echo "build: $build in $took s, $jobs at once"
