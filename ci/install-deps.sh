#!/usr/bin/env bash
# Installs what ci/packages.txt lists and this machine lacks, with sudo only where it is needed; silent
# when there is nothing to do. Usage: ci/install-deps.sh [GROUP ...] (the build's packages always)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

system=$(. /etc/os-release && echo "${ID:-}")
mapfile -t wanted < <(awk -v groups=" $* " -v id="$system" '
  { sub(/#.*/, ""); command = "" }
  match($0, /cmd=[^ ]+/) { command = substr($0, RSTART + 4, RLENGTH - 4); sub(/ *cmd=[^ ]+/, "") }
  match($0, / on=[^ ]+/) { if (substr($0, RSTART + 4, RLENGTH - 4) != id) next; sub(/ on=[^ ]+/, "") }
  command != "" && system("command -v " command " >/dev/null") == 0 { next }
  NF == 1 || (NF > 1 && index(groups, " " $2 " ")) { print $1 }' "$here/packages.txt")
declare -A installed
while read -r package status; do
  [ "$status" = installed ] && installed[$package]=1
done < <(dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null || true)
missing=()
for package in "${wanted[@]}"; do
  [ -n "${installed[$package]:-}" ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "install-deps: these packages are missing, and there is no sudo to install them:" >&2
    echo "  apt-get install ${missing[*]}" >&2
    exit 3
  }
  as_root=(sudo)
fi
echo "install-deps: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    echo "install-deps: apt-get $* failed" >&2
    exit 3
  }
}
apt update
apt install -y --no-install-recommends "${missing[@]}"
