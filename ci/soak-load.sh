#!/usr/bin/env bash
# Holds 20,000 kept connections at once against our own server, and makes 1,000,000 connections one
# after another; every one must be proven from the packets, and the memory of wireproof and of the
# server must not grow: it is printed at each tenth, and may rise by a tenth from the second on.
# Exit status 1 where one of these is not so.
# Usage: ci/soak-load.sh [KEPT [MADE]]
set -euo pipefail
cd "$(dirname "$0")/.."
kept=${1:-20000}
made=${2:-1000000}
./ci/install-deps.sh run
./ci/build.sh release wireproof_program tcp-server
out=build/soak-load
targets=$PWD/build/release/targets
mkdir -p "$out"
failed=0

# fields REPORT: made, handshakes and closes proven, most at once, seconds, rate
fields() {
  python3 - "$1" <<'END'
import json, sys
load = json.load(open(sys.argv[1]))["cases"][0]["load"]
proof = load["proof"]
print(proof["connections_made"], proof["handshakes_proven"], proof["closes_proven"], load["most_connected"],
      round(load["measured_s"]), round(load["throughput_per_s"]), load.get("processes", 1), proof["dropped"], proof["capture"])
END
}

# wants NAME LEAST COUNT...: each count is LEAST
wants() {
  local name=$1 least=$2
  shift 2
  for count in "$@"; do
    [ "$count" = "$least" ] && continue
    echo "$name: $count instead of $least"
    failed=1
  done
}

# As many server processes as hold the connections: the descriptor limit is each one's.
limit=$(ulimit -n)
[ "$limit" = unlimited ] && limit=1048576
processes=$(((kept + limit / 2 - 1) / (limit / 2)))
server="$targets/tcp-server {address} {port} --quiet --exchanges 0 --backlog 4096 --processes $processes"
build/release/wireproof load tcp://127.0.0.1 --server "$server" --pattern request-response -a success -c "$kept" --rate 2000 \
  --ramp 5s --warm-up 6s -d 10s --no-reference --out "$out/kept" >"$out/kept.log" || failed=1
read -r connections handshakes closes most seconds rate generators dropped capture < <(fields "$out/kept/report.json")
echo "kept: $most at once over $generators generator and $processes server processes, $rate requests/s for $seconds s;" \
  "$handshakes handshakes and $closes closes of $connections proven ($capture)"
wants kept "$kept" "$connections" "$most" "$handshakes" "$closes"

# resident NAME PID...: in KiB, of the processes below these whose name it is
resident() {
  local name=$1 sum=0 pid
  shift
  local wave=("$@") all=("$@")
  while [ ${#wave[@]} -gt 0 ]; do
    local next=()
    for pid in "${wave[@]}"; do
      # shellcheck disable=SC2207
      next+=($(cat /proc/"$pid"/task/*/children 2>/dev/null || true))
    done
    all+=("${next[@]}")
    wave=("${next[@]}")
  done
  for pid in "${all[@]}"; do
    [ "$(cat /proc/"$pid"/comm 2>/dev/null)" = "$name" ] || continue
    sum=$((sum + $(awk '/^VmRSS/ {print $2}' /proc/"$pid"/status 2>/dev/null || echo 0)))
  done
  echo "$sum"
}

# opened PID: connections made so far, in the network namespace of its first child
opened() {
  local child
  child=$(awk '{print $1}' /proc/"$1"/task/"$1"/children 2>/dev/null || true)
  [ -n "$child" ] || return 0
  awk '/^Tcp: [0-9]/ {print $6}' /proc/"$child"/net/snmp 2>/dev/null || true
}

server="$targets/tcp-server {address} {port} --quiet --backlog 4096 --engine auto"
build/release/wireproof load tcp://127.0.0.1 --server "$server" --pattern connect-request-close -a success -c 32 -n "$made" \
  --no-reference --out "$out/made" >"$out/made.log" &
load=$!
trap 'kill "$load" 2>/dev/null || true' EXIT
echo "made: connections, and KiB resident of wireproof and of the server"
tenth=1 ours_first=0 theirs_first=0 ours=0 theirs=0
while kill -0 "$load" 2>/dev/null; do
  now=$(opened "$load")
  if [ -n "$now" ] && [ "$now" -ge $((tenth * made / 10)) ] && [ "$now" -le $((made + 1000)) ]; then
    ours=$(resident wireproof "$load")
    theirs=$(resident tcp-server "$load")
    if [ "$theirs" -gt 0 ]; then
      printf '  %3d %%  %8d  %7d  %7d\n' $((tenth * 10)) "$now" "$ours" "$theirs"
      [ "$tenth" = 2 ] && ours_first=$ours theirs_first=$theirs
      tenth=$((tenth + 1))
    fi
  fi
  sleep 0.1
done
wait "$load" || failed=1
trap - EXIT
read -r connections handshakes closes most seconds rate generators dropped capture < <(fields "$out/made/report.json")
echo "made: $connections in $seconds s ($rate/s); $handshakes handshakes and $closes closes proven ($capture), $dropped packets lost"
wants made "$made" "$connections" "$handshakes" "$closes"
for pair in "wireproof $ours_first $ours" "tcp-server $theirs_first $theirs"; do
  read -r name first last <<<"$pair"
  if [ "$first" = 0 ] || [ "$last" -gt $((first + first / 10)) ]; then
    echo "$name: $first KiB resident at a fifth, $last KiB in the end"
    failed=1
  fi
done
exit "$failed"
