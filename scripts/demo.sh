#!/bin/bash
# Shows the main job on a disk of its own making: an NBD server's disk as disk.raw, disk.vhd and disk.vmdk,
# copied with cp and rsync and judged by qemu-img. Prints each command before it runs it; leaves nothing behind.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/packages.sh"
. "$(dirname "$0")/lib/fuse.sh"
. "$(dirname "$0")/lib/disk.sh"

require_root
prepare_dotnet
need_packages nbdkit=nbdkit qemu-img=qemu-utils rsync=rsync sfdisk=fdisk fdisk=fdisk mke2fs=e2fsprogs \
  debugfs=e2fsprogs mkfs.vfat=dosfstools mcopy=mtools mmls=sleuthkit mount=mount
ensure_fuse

work="$(mktemp -d /tmp/vdifs-demo.XXXXXX)"
cleanup() {
  local status=$?
  trap - EXIT
  cd /
  ! mountpoint -q "$work/ext4" || umount "$work/ext4" || umount -l "$work/ext4" || true
  ! mountpoint -q "$work/mnt" || umount "$work/mnt" || umount -l "$work/mnt" || true
  [ ! -s "$work/nbdkit.pid" ] || kill "$(cat "$work/nbdkit.pid")" 2> /dev/null || true
  rm -rf --one-file-system "$work"
  restore_fuse
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

run() {
  local word line=""
  for word in "$@"; do
    [[ "$word" =~ ^[A-Za-z0-9_./:=@,+%-]+$ ]] || word="'$word'"
    line+=" $word"
  done
  printf '\n$%s\n' "$line"
  "$@"
}

say "building vdifs"
vdifs_home="$repository/artifacts/publish"
if [ ! -x "$vdifs_home/vdifs" ] || [ -n "$(find "$repository/src" -name '*.cs' -newer "$vdifs_home/vdifs" -print -quit)" ]; then
  vdifs_home="$repository/src/VdiFs/bin/Release/net10.0"
  dotnet build "$repository/src/VdiFs" -c Release -v quiet -nologo > "$work/build.log" 2>&1 \
    || { cat "$work/build.log" >&2; die "the build failed (its messages are above)"; }
fi
export PATH="$vdifs_home:$PATH"

cd "$work"
mkdir mnt copies ext4
say "making a sparse 1 GiB disk with a partition table, a FAT and an ext4 (no loop device needed)"
make_demo_disk disk.img
run ls -lsh disk.img

say "a real NBD server serves it"
run nbdkit --readonly --unix "$work/nbd.sock" --pidfile "$work/nbdkit.pid" file "$work/disk.img"

say "vdifs shows it as ordinary files"
run vdifs ls "nbd+unix:///?socket=$work/nbd.sock"
run vdifs mount "nbd+unix:///?socket=$work/nbd.sock" mnt
run ls -lsh mnt/default
run cat mnt/default/info.json

say "any tool copies them"
run cp mnt/default/disk.vhd copies/
run rsync -a mnt/default/disk.vmdk copies/
printf '\n'
run rsync -a --stats mnt/default/disk.vmdk copies/ | grep -E '^\$|files transferred|Total transferred'
run ls -lsh copies

say "and a judge that is not ours compares the copies with the disk"
run qemu-img compare -f raw -F vpc disk.img copies/disk.vhd
run qemu-img compare -f raw -F vmdk disk.img copies/disk.vmdk
run qemu-img check -f vmdk copies/disk.vmdk

say "disk.raw is the disk as the guest sees it"
run fdisk -l mnt/default/disk.raw
run mmls mnt/default/disk.raw
if [ -e /dev/loop-control ]; then
  run mount -o "loop,ro,noload,offset=$demo_ext4_offset" mnt/default/disk.raw ext4
  run ls -l ext4
  run cat ext4/hello.txt
  run umount ext4
else
  say "no loop devices here, so debugfs looks inside instead of mount"
  run debugfs -R 'cat /hello.txt' "mnt/default/disk.raw?offset=$demo_ext4_offset"
fi

say "unmounted, nothing stays behind"
run vdifs umount mnt
! mountpoint -q mnt || die "$work/mnt is still mounted"

cat <<END

== done in $SECONDS s. On your own disks (vdifs is $vdifs_home/vdifs):
   vdifs mount nbd://SERVER/EXPORT /mnt/disks     # any NBD server; nbd+unix:///EXPORT?socket=PATH too
   vdifs mount ./disk.qcow2 /mnt/disks            # a local image: raw, qcow2, vhd, vmdk, vhdx, vdi
   vdifs umount /mnt/disks
END
