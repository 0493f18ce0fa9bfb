#!/bin/bash
# Holds VdiFs to a real pool, reading only: scripts/test-pool.sh xapi://USER@HOST [options of `vdifs mount`...]
# The password comes as for `vdifs mount` (--password-file FILE, VDIFS_PASSWORD). Nothing is written to the pool but what any
# mount makes: a session, a task per file that is read in bulk, and the VBDs of the hosts' dom0 while disks are read.
# The smallest snapshot that there is, up to 16 GiB, is copied in every format; qemu-img judges the copies.
# Ends with the line "N passed, N failed".
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/packages.sh"
. "$(dirname "$0")/lib/fuse.sh"

[[ "${1:-}" == xapi://* ]] || die "usage: scripts/test-pool.sh xapi://USER@HOST [options of 'vdifs mount']"
source="$1"
shift
require_root
need_packages qemu-img=qemu-utils python3=python3 cmp=diffutils
if [ -z "${VDIFS:-}" ]; then
  prepare_dotnet
  [ -x "$repository/artifacts/publish/vdifs" ] || "$repository/scripts/publish.sh"
  VDIFS="$repository/artifacts/publish/vdifs"
fi

work="$(mktemp -d /tmp/vdifs-test-pool.XXXXXX)"
mnt="$work/mnt"
mkdir "$mnt"
cleanup() {
  local status=$?
  trap - EXIT
  ! mountpoint -q "$mnt" || "$VDIFS" umount "$mnt" || umount -l "$mnt"
  rm -rf --one-file-system "$work"
  restore_fuse
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
ensure_fuse

passed=0 failed=0
# check WHAT COMMAND...
check() {
  local what="$1"
  shift
  if "$@" > "$work/output" 2>&1; then
    echo "ok      $what"
    passed=$((passed + 1))
  else
    echo "FAILED  $what"
    sed 's/^/        /' "$work/output"
    failed=$((failed + 1))
  fi
}

# status FILTER: a value of the mount's status, by a Python expression over `s`.
status() {
  python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$mnt/.vdifs/status.json" "$1"
}

check "the pool is fit to be read (vdifs doctor)" "$VDIFS" doctor "$source" "$@"
check "it is mounted" "$VDIFS" mount "$source" "$mnt" "$@"
if [ "$failed" -gt 0 ] && ! mountpoint -q "$mnt"; then
  echo "$passed passed, $failed failed"
  exit 1
fi

no_connections() { [ "$(status 'sum(d["connections"] for d in s["disks"])')" = 0 ]; }
walk() { find "$mnt" > "$work/tree" && [ -s "$work/tree" ]; }
check "find walks the tree" walk
check "raw files tell their lengths" find "$mnt/vdis" -name disk.raw -size +0
check "none of it has opened a connection" no_connections

# The smallest snapshot: its directory and its length.
smallest="$(find "$mnt/vms" -path '*/snapshots/*/disk.raw' -size -16G -printf '%s %h\n' 2> /dev/null | sort -n | head -n 1)" || true
if [ -z "$smallest" ]; then
  echo "skipped: there is no snapshot of up to 16 GiB, so no bytes were compared"
else
  disk="${smallest#* }"
  same() { qemu-img compare -f raw -F "$2" "$work/disk.raw" "$disk/$1"; }
  again() { cmp "$work/disk.raw" "$disk/disk.raw"; }
  check "disk.raw of $disk is copied" cp "$disk/disk.raw" "$work/disk.raw"
  check "it reads the same again" again
  for file in disk.vhd:vpc disk.vmdk:vmdk; do
    [ ! -e "$disk/${file%:*}" ] || check "${file%:*} holds the same disk (qemu-img)" same "${file%:*}" "${file#*:}"
  done
  first="$(stat -c '%i %s %Y' "$disk"/disk.*)"
  check "it is unmounted" "$VDIFS" umount "$mnt"
  check "it is mounted again" "$VDIFS" mount "$source" "$mnt" "$@"
  unchanged() { [ "$first" = "$(stat -c '%i %s %Y' "$disk"/disk.*)" ]; }
  check "inodes, lengths and times are what they were" unchanged
fi

check "it is unmounted" "$VDIFS" umount "$mnt"
check "nothing of ours is left in the pool (vdifs doctor)" "$VDIFS" doctor "$source" "$@"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
