#!/bin/bash
# VdiFs beside its peers: nbdfuse, qemu-storage-daemon's FUSE export, xmount, nbdcopy, qemu-img and fio, in one run,
# interleaved in rotating order, a fresh server and mount each; what is read is compared with the disk. Prints tables of
# medians, and of ratios taken inside each round beside those that are wanted.
#   scripts/bench.sh [WORKLOAD...] [--rounds N] [--size 4G] [--write]     all, or some such as W1
#   scripts/bench.sh --list                                              what there is
# --write puts the tables into docs/PERFORMANCE.md; it needs five rounds and a machine that rests.
# VDIFS names another executable than artifacts/publish/vdifs. Exit 1 when a contestant failed or read wrong bytes; a
# ratio that is not reached fails nothing. Disks and copies are in memory, three times the disk's size in all.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/packages.sh"
. "$(dirname "$0")/lib/fuse.sh"
. "$(dirname "$0")/lib/leftovers.sh"

arguments=()
for argument in "$@"; do
  arguments+=("$argument")
  [ "$argument" != --write ] || arguments+=("$repository/docs/PERFORMANCE.md")
done

require_root
prepare_dotnet
need_packages nbdkit=nbdkit nbdfuse=libnbd-bin nbdcopy=libnbd-bin qemu-img=qemu-utils \
  qemu-storage-daemon=qemu-system-common xmount=xmount fio=fio /usr/bin/time=time cmp=diffutils taskset=util-linux \
  setpriv=util-linux mount=mount fusermount3=fuse3

place=/dev/shm
mountpoint -q "$place" || die "this needs /dev/shm: figures from a disk would be the disk's"
run_root="$(mktemp -d "$place/vdifs-bench.XXXXXX")"
chmod 0755 "$run_root"
# shellcheck disable=SC2317,SC2329  # called by the trap
cleanup() {
  local status=$?
  trap - EXIT
  if ! report_leftovers "$run_root"; then
    [ "$status" != 0 ] || status=1
  fi
  clear_leftovers "$run_root" || true
  restore_fuse
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
ensure_fuse
open_fuse_to_users

if [ -z "${VDIFS:-}" ] && [[ " $* " != *" --list "* ]]; then
  "$repository/scripts/publish.sh"
  export VDIFS="$repository/artifacts/publish/vdifs"
fi
if ! dotnet build "$repository/tests/VdiFs.Peers" -c Release -v quiet -nologo > "$run_root/log" 2>&1; then
  cat "$run_root/log" >&2
  die "the build failed (its messages are above)"
fi
rm -f "$run_root/log"

TMPDIR="$run_root" DOTNET_EnableDiagnostics=0 \
  "$repository/tests/VdiFs.Peers/bin/Release/net10.0/VdiFs.Peers" "${arguments[@]}"
