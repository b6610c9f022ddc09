#!/bin/sh
# Tests a server with wireproof in any CI: installs the .deb where wireproof is missing, runs the
# scenarios, compares with the last good run, and leaves in $RESULTS what the CI publishes:
#   report.html      what happened, to open in a browser
#   junit.xml        for the CI's own view of tests
#   summary.md       what did not pass and why, then what changed since the last good run
#   history.html     the trend of every figure
#   report.json and the cases' captures, for `wireproof show` and whoever looks closer
# Keep $BASE from one pipeline to the next (a cache): it holds the last good run and the history.
#
#   SERVER='./my-server {address} {port}' SCENARIOS=tests/wireproof ./wireproof-ci.sh
#
# Exit status: 0 good; 1 a scenario failed, or something got worse past $FAIL_ON; 2 and 3 as wireproof's.
set -eu

: "${SERVER:?the command that starts your server, its address and port as placeholders}"
SCENARIOS=${SCENARIOS:-}                # files or folders, spaces between them; empty: the shipped ones
RESULTS=${RESULTS:-wireproof-results}
BASE=${BASE:-wireproof-base}
REPEAT=${REPEAT:-20}                    # so many runs of each case tell a slower server from noise
FAIL_ON=${FAIL_ON-duration +25%}        # a limit a line; empty: verdicts alone decide
BASE_SERVER=${BASE_SERVER:-}            # the server as it was, where you have it: run in turn with yours, which
                                        # tells a slower server from a slower machine; else the last good run is it
LABEL=${LABEL:-}
UPDATE_BASE=${UPDATE_BASE:-no}          # yes on the main branch: a good run becomes the base
WIREPROOF_DEB=${WIREPROOF_DEB:-}        # the package, where wireproof is not installed yet

if ! command -v wireproof >/dev/null; then
  [ -f "$WIREPROOF_DEB" ] || {
    echo "wireproof is not installed, and WIREPROOF_DEB names no package" >&2
    exit 3
  }
  if [ "$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi
  $sudo apt-get install --yes "$(realpath "$WIREPROOF_DEB")"
fi
wireproof doctor

mkdir -p "$BASE"
status=0
# shellcheck disable=SC2086 # several scenarios are several words
wireproof run $SCENARIOS --server "$SERVER" --repeat "$REPEAT" --out "$RESULTS" \
  --junit "$RESULTS/junit.xml" --markdown "$RESULTS/summary.md" --history "$BASE/history.db" --label "$LABEL" || status=$?
[ "$status" -le 1 ] || exit "$status"

wireproof report "$RESULTS" --html "$RESULTS/report.html" || true # a build without it says so

if [ -n "$BASE_SERVER" ] || [ -f "$BASE/report.json" ]; then
  if [ -n "$BASE_SERVER" ]; then
    # shellcheck disable=SC2086
    set -- versus $SCENARIOS --base-server "$BASE_SERVER" --server "$SERVER" --runs "$REPEAT" --out "$RESULTS-versus"
  else
    set -- compare "$BASE" "$RESULTS"
  fi
  set -- "$@" --markdown "$RESULTS/changes.md"
  old_ifs=$IFS
  IFS='
'
  for limit in $FAIL_ON; do set -- "$@" --fail-on "$limit"; done
  IFS=$old_ifs
  worse=0
  wireproof "$@" || worse=$?
  [ "$worse" -le "$status" ] || status=$worse
  echo >>"$RESULTS/summary.md"
  cat "$RESULTS/changes.md" >>"$RESULTS/summary.md"
else
  printf '\nNo base yet: nothing is compared in the first run.\n' >>"$RESULTS/summary.md"
fi
wireproof history --history "$BASE/history.db" --html "$RESULTS/history.html"

if [ "$status" = 0 ] && [ "$UPDATE_BASE" = yes ]; then
  cp "$RESULTS/report.json" "$BASE/report.json"
fi
exit "$status"
