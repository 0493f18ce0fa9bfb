#!/bin/bash
# Faults on the real path: real mounts, real servers, real tools; every copy must be right, every error must be due.
#   scripts/chaos.sh [NAME...] [--quick] [--seed N] [--size 4G] [--rounds N] [--jobs N]     all, or the named ones
#   scripts/chaos.sh --list                                                               what there is
# VDIFS names another executable than artifacts/publish/vdifs; VDIFS_PROOFS a directory for a line of JSON per run.
# Exit 1 when anything was wrong, late or left behind. Networks are namespaces of its own, never this machine's.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/packages.sh"
. "$(dirname "$0")/lib/fuse.sh"
. "$(dirname "$0")/lib/leftovers.sh"

require_root
prepare_dotnet
need_packages nbdkit=nbdkit qemu-nbd=qemu-utils ip=iproute2 tc=iproute2 ss=iproute2 nft=nftables ddrescue=gddrescue \
  rsync=rsync unshare=util-linux nsenter=util-linux mount=mount openssl=openssl

program="$repository/tests/VdiFs.Chaos/bin/Release/net10.0/VdiFs.Chaos"

# A disk and its copy in memory, so that the disk of this machine is not what is tested.
place=/tmp
[ "$(df --output=avail -B1G /dev/shm 2> /dev/null | tail -n 1)" -lt 12 ] || place=/dev/shm
run_root="$(mktemp -d "$place/vdifs-chaos.XXXXXX")"
chmod 0755 "$run_root"
child=""
# shellcheck disable=SC2317,SC2329  # called by the trap
cleanup() {
  local status=$? left
  trap - EXIT
  trap '' INT TERM
  if [ -n "$child" ] && kill -KILL "$child" 2> /dev/null; then
    wait "$child" 2> /dev/null || true
  fi
  if ! left="$(report_leftovers "$run_root")"; then
    printf '%s\n' "$left" >&2
    [ "$status" != 0 ] || status=1
  fi
  kill_leftovers
  clear_leftovers "$run_root" || true
  remove_networks || status=1
  restore_fuse
  exit "$status"
}

# By force: a server that is asked to end waits for its connections, and a frozen one for ever.
# shellcheck disable=SC2317,SC2329  # called by the trap
kill_leftovers() {
  local pid
  while read -r pid _; do
    [ -z "$pid" ] || kill -KILL "$pid" 2> /dev/null || true
  done <<< "$(processes_of "$run_root")"
}

# Namespaces are named after the process that made them: only ours are touched.
# shellcheck disable=SC2317,SC2329  # called by the trap
remove_networks() {
  local name
  [ -n "$child" ] || return 0
  for name in $(ip netns list | awk -v prefix="vdifs-$child-" 'index($1, prefix) == 1 { print $1 }'); do
    printf 'left behind: network namespace %s\n' "$name" >&2
    ip netns del "$name" || true
    left_networks=yes
  done
  [ -z "${left_networks:-}" ]
}
trap cleanup EXIT
trap 'exit 130' INT TERM
ensure_fuse

if [ -z "${VDIFS:-}" ] && [[ " $* " != *" --list "* ]]; then
  [ -x "$repository/artifacts/publish/vdifs" ] || "$repository/scripts/publish.sh"
  export VDIFS="$repository/artifacts/publish/vdifs"
fi
if [ -z "${VDIFS_CHAOS_BUILT:-}" ]; then
  if ! dotnet build "$repository/tests/VdiFs.Chaos" -c Release -v quiet -nologo > "$run_root/log" 2>&1; then
    cat "$run_root/log" >&2
    die "the build failed (its messages are above)"
  fi
  rm -f "$run_root/log"
fi

# A network of its own: what a scenario makes ends with the program, even when that is killed.
TMPDIR="$run_root" DOTNET_EnableDiagnostics=0 unshare --net "$program" "$@" &
child=$!
wait "$child"
