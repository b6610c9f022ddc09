#!/usr/bin/env bash
# Builds with tests and passes them: unit tests, scenario tests, and the program as a user calls it.
# Arguments go to ctest. Where the output is no terminal only what did not pass is named; every
# test's line and output is in build/release/Testing/Temporary/LastTest.log.
set -euo pipefail
cd "$(dirname "$0")/.."
./ci/install-deps.sh run test
./ci/build.sh release
test=(ctest --preset release -j "$(nproc)" --no-label-summary)
# Some tests run programs of the build tree as another user, as a lab of root does. Below a folder that
# is root's alone (/root) they could not: in a mount namespace it is open, with this in it.
enters() { setpriv --reuid 65534 --clear-groups test -x "$1"; }
if [ "$(id -u)" = 0 ] && ! enters "$PWD"; then
  closed=$PWD
  while ! enters "$(dirname "$closed")"; do closed=$(dirname "$closed"); done
  echo "test: $closed is root's alone: the tests see it open, in a mount namespace of their own"
  # shellcheck disable=SC2016 # the inner shell expands it
  open='set -e; here=$1 closed=$2; shift 2; aside=$(mktemp -d); mount --bind "$here" "$aside"
        mount -t tmpfs -o mode=0755 tmpfs "$closed"; mkdir -p "$here"; mount --bind "$aside" "$here"
        umount "$aside"; rmdir "$aside"; cd "$here"; exec "$@"'
  test=(unshare -m bash -c "$open" test "$PWD" "$closed" "${test[@]}")
fi
[ -t 1 ] && exec "${test[@]}" --progress "$@"
"${test[@]}" "$@" | { grep -v -E '^ *(Start +[0-9]+: |[0-9]+/[0-9]+ Test +#[0-9]+: .* Passed )' || true; }
