#!/usr/bin/env bash
# Builds the .deb into build/release/; with --lint shows what lintian says of it.
set -euo pipefail
cd "$(dirname "$0")/.."
./ci/build.sh release
log=build/release/package.log
cpack -G DEB --config build/release/CPackConfig.cmake -B build/release >"$log" 2>&1 || {
  cat "$log" >&2
  exit 1
}
package=$(sed -n 's/^CPack: - package: \(.*\) generated\.$/\1/p' "$log")
echo "package: $package"
if [ "${1:-}" = --lint ]; then
  ./ci/install-deps.sh lint
  lintian --fail-on error "$package"
fi
