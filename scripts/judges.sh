#!/bin/bash
# Puts images of every format before every reader that can be had from packages: full ones read straight from a mount,
# deltas with their parents beside them. Installs what it needs, leaves nothing behind, prints "N passed, N failed".
#   scripts/judges.sh [DISK...] [--jobs N]     some of the disks, or the named ones
#   scripts/judges.sh --all [--write]          every disk; --write puts the table of verdicts into docs/FORMATS.md
#   scripts/judges.sh --sid [the same]         today's readers instead of Debian 12's, and VirtualBox: those of Debian
#                                              sid, in a chroot made for this run (debootstrap, 2 GiB, some minutes)
# VDIFS names another executable than artifacts/publish/vdifs.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/packages.sh"
. "$(dirname "$0")/lib/fuse.sh"
. "$(dirname "$0")/lib/leftovers.sh"
. "$(dirname "$0")/lib/chroot.sh"

arguments=()
sid=no
for argument in "$@"; do
  arguments+=("$argument")
  [ "$argument" != --write ] || arguments+=("$repository/docs/FORMATS.md")
  [ "$argument" != --sid ] || sid=yes
done

require_root
prepare_dotnet
if [ "$sid" = yes ]; then
  need_packages debootstrap=debootstrap unshare=util-linux
else
  need_packages qemu-img=qemu-utils 7z=p7zip-full mmls=sleuthkit nbdkit=nbdkit node=nodejs npm=npm \
    /usr/share/doc/python3-libvhdi=python3-libvhdi /usr/share/doc/python3-libvmdk=python3-libvmdk \
    /usr/share/doc/python3-libqcow=python3-libqcow sfdisk=fdisk mke2fs=e2fsprogs mkfs.vfat=dosfstools mcopy=mtools \
    mkfs.ntfs=ntfs-3g cmp=diffutils tar=tar xxhsum=xxhash fallocate=util-linux mount=mount
fi

# In memory: a file of 64 TiB of holes is more than ext4 holds.
place=/dev/shm
mountpoint -q "$place" || place=/tmp
run_root="$(mktemp -d "$place/vdifs-judges.XXXXXX")"
chmod 0755 "$run_root"
clients="$(mktemp -d /tmp/vdifs-judges-clients.XXXXXX)"
chroot=""
cleanup() {
  local status=$?
  trap - EXIT
  if ! report_leftovers "$run_root"; then
    [ "$status" != 0 ] || status=1
  fi
  clear_leftovers "$run_root" || true
  rm -rf --one-file-system "$clients"
  if [ -n "$chroot" ] && ! clear_leftovers "$chroot"; then
    say "$chroot still has mounts; unmount them and remove it by hand"
    status=1
  fi
  restore_fuse
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
ensure_fuse

cp "$repository"/tests/VdiFs.Judges/Clients/* "$clients/"
if [ "$sid" = no ]; then
  say "fetching Xen Orchestra's libraries"
  (cd "$clients" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error > npm.log 2>&1) \
    || { cat "$clients/npm.log" >&2; die "npm could not fetch vhd-lib and xo-vmdk-to-vhd"; }
fi

if [ -z "${VDIFS:-}" ]; then
  "$repository/scripts/publish.sh"
  export VDIFS="$repository/artifacts/publish/vdifs"
fi
dotnet build "$repository/tests/VdiFs.Judges" -c Release -v quiet -nologo > "$clients/build.log" 2>&1 \
  || { cat "$clients/build.log" >&2; die "the build failed (its messages are above)"; }

judges="$repository/tests/VdiFs.Judges/bin/Release/net10.0/VdiFs.Judges"
surroundings=(TMPDIR="$run_root" VDIFS_JUDGES_CLIENTS="$clients" DOTNET_EnableDiagnostics=0)

# Everything in one directory at the same path inside and outside: the repository, the executable, the clients.
judge_in_sid() {
  say "making a Debian sid in a chroot"
  chroot="$(mktemp -d /var/tmp/vdifs-judges-sid.XXXXXX)"
  bare_debian "$chroot" sid --components=main,contrib --include=ca-certificates
  lend_network "$chroot"
  # A mirror that stands still is no fault here; nothing may start a service; the kernel's modules are not needed.
  echo 'Acquire::Check-Valid-Until "false";' > "$chroot/etc/apt/apt.conf.d/99vdifs"
  printf '#!/bin/sh\nexit 101\n' > "$chroot/usr/sbin/policy-rc.d"
  chmod 0755 "$chroot/usr/sbin/policy-rc.d"
  mount_chroot "$chroot"
  local lent
  for lent in "$repository" "$clients"; do
    mkdir -p "$chroot$lent"
    mount --bind "$lent" "$chroot$lent"
  done
  install -m 0755 "$VDIFS" "$chroot/usr/local/bin/vdifs"
  {
    in_namespaces "$chroot" apt-get -q update
    in_namespaces "$chroot" DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends \
      qemu-utils virtualbox virtualbox-source virtualbox-dkms- 7zip sleuthkit python3-libvhdi python3-libvmdk \
      python3-libqcow nbdkit fdisk e2fsprogs dosfstools mtools ntfs-3g diffutils tar xxhash util-linux mount fuse3
  } > "$clients/apt.log" 2>&1 || { tail -n 20 "$clients/apt.log" >&2; die "apt-get in the chroot failed"; }

  say "judging"
  # Its culture is of no account, and its library would be one more package, with the version in its name.
  in_namespaces "$chroot" "${surroundings[@]}" VDIFS=/usr/local/bin/vdifs DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 \
    "$judges" "${arguments[@]}"
}

if [ "$sid" = yes ]; then
  judge_in_sid
else
  say "judging"
  env "${surroundings[@]}" "$judges" "${arguments[@]}"
fi
