#!/bin/bash
# Puts images of every format before every reader that can be had from packages: full ones read straight from a mount,
# deltas with their parents beside them. Installs what it needs, leaves nothing behind, prints "N passed, N failed".
#   scripts/judges.sh [DISK...] [--jobs N]     some of the disks, or the named ones
#   scripts/judges.sh --all [--write]          every disk; --write puts the table of verdicts into docs/FORMATS.md
# VDIFS names another executable than artifacts/publish/vdifs.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/packages.sh"
. "$(dirname "$0")/lib/fuse.sh"
. "$(dirname "$0")/lib/leftovers.sh"

arguments=()
for argument in "$@"; do
  arguments+=("$argument")
  [ "$argument" != --write ] || arguments+=("$repository/docs/FORMATS.md")
done

require_root
prepare_dotnet
need_packages qemu-img=qemu-utils 7z=p7zip-full mmls=sleuthkit nbdkit=nbdkit node=nodejs npm=npm \
  /usr/share/doc/python3-libvhdi=python3-libvhdi /usr/share/doc/python3-libvmdk=python3-libvmdk \
  /usr/share/doc/python3-libqcow=python3-libqcow sfdisk=fdisk mke2fs=e2fsprogs mkfs.vfat=dosfstools mcopy=mtools \
  mkfs.ntfs=ntfs-3g cmp=diffutils tar=tar xxhsum=xxhash fallocate=util-linux mount=mount

# In memory: a file of 64 TiB of holes is more than ext4 holds.
place=/dev/shm
mountpoint -q "$place" || place=/tmp
run_root="$(mktemp -d "$place/vdifs-judges.XXXXXX")"
chmod 0755 "$run_root"
clients="$(mktemp -d /tmp/vdifs-judges-clients.XXXXXX)"
cleanup() {
  local status=$?
  trap - EXIT
  if ! report_leftovers "$run_root"; then
    [ "$status" != 0 ] || status=1
  fi
  clear_leftovers "$run_root" || true
  rm -rf --one-file-system "$clients"
  restore_fuse
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
ensure_fuse

say "fetching Xen Orchestra's libraries"
cp "$repository"/tests/VdiFs.Judges/Clients/* "$clients/"
(cd "$clients" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error > npm.log 2>&1) \
  || { cat "$clients/npm.log" >&2; die "npm could not fetch vhd-lib and xo-vmdk-to-vhd"; }

if [ -z "${VDIFS:-}" ]; then
  "$repository/scripts/publish.sh"
  export VDIFS="$repository/artifacts/publish/vdifs"
fi
dotnet build "$repository/tests/VdiFs.Judges" -c Release -v quiet -nologo > "$clients/build.log" 2>&1 \
  || { cat "$clients/build.log" >&2; die "the build failed (its messages are above)"; }

say "judging"
TMPDIR="$run_root" VDIFS_JUDGES_CLIENTS="$clients" DOTNET_EnableDiagnostics=0 \
  "$repository/tests/VdiFs.Judges/bin/Release/net10.0/VdiFs.Judges" "${arguments[@]}"
