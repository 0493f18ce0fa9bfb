#!/bin/bash
# A simulated XenServer/XCP-ng pool on loopback addresses: three hosts with XAPI and xapi-nbd, SRs, VMs with snapshots.
# Runs in the foreground until Ctrl-C. Options:
#   --root-password-file FILE   the password of root; one is made up when it is missing
#   --hosts ADDRESS,...         default 127.0.1.1,127.0.1.2,127.0.1.3; the first one leads
#   --https-port N, --nbd-port N   default 443 and 10809, as on the real thing (443 needs root)
#   --seed N                    another pool of the same shape
#   --disks FOLDER              disks of your own: FOLDER/NAME/1.raw, then 2.raw ... after each snapshot
#   --real-disks                makes web01's root disk: partitions, FAT and ext4, other files at each snapshot
#   --large                     5,000 VMs with 20,000 disks without bytes
# While it runs, https://HOST/_control switches faults: see tests/VdiFs.Pool/README.md.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/packages.sh"
. "$(dirname "$0")/lib/disk.sh"
. "$(dirname "$0")/lib/pool-disks.sh"

prepare_dotnet
work="$(mktemp -d /tmp/vdifs-pool.XXXXXX)"
simulator=""
cleanup() {
  local status=$?
  trap - EXIT
  [ -z "$simulator" ] || { kill "$simulator" 2> /dev/null || true; wait "$simulator" || true; }
  rm -rf --one-file-system "$work"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 0' INT TERM

password_file=""
https_port=443
real_disks=""
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    --real-disks) real_disks=yes; shift; continue ;;
    --large) arguments+=("$1"); shift; continue ;;
    --root-password-file) password_file="${2:?$1 needs a file}" ;;
    --https-port) https_port="${2:?$1 needs a number}"; arguments+=("$1" "$2") ;;
    --hosts | --nbd-port | --seed | --disks) arguments+=("$1" "${2:?$1 needs a value}") ;;
    *) die "there is no option $1; the head of this script lists them" ;;
  esac
  shift 2
done
if [ -z "$password_file" ]; then
  password_file="$work/password"
  (umask 077 && head -c 18 /dev/urandom | base64 > "$password_file")
fi

if [ -n "$real_disks" ]; then
  need_packages sfdisk=fdisk mke2fs=e2fsprogs debugfs=e2fsprogs mkfs.vfat=dosfstools mcopy=mtools
  say "making disks"
  make_pool_disks "$work/disks"
  arguments+=(--disks "$work/disks")
fi

say "building the simulator"
dotnet build "$repository/tests/VdiFs.Pool" -c Release -v quiet -nologo > "$work/build.log" 2>&1 \
  || { cat "$work/build.log" >&2; die "the build failed (its messages are above)"; }
"$repository/tests/VdiFs.Pool/bin/Release/net10.0/VdiFs.Pool" \
  "${arguments[@]}" --root-password-file "$password_file" > "$work/output" &
simulator=$!
until grep -q '^ready$' "$work/output"; do
  kill -0 "$simulator" 2> /dev/null || die "the simulator did not start (its message is above)"
  sleep 0.1
done

grep -v '^ready$' "$work/output"
read -r _ address _ _ _ _ _ fingerprint < "$work/output"
authority="root@$address"
[ "$https_port" = 443 ] || authority+=":$https_port"
say "mount it in another terminal (Ctrl-C here ends the pool):"
echo "  vdifs mount xapi://$authority /mnt/pool --password-file $password_file --fingerprint ${fingerprint//:/}"
wait "$simulator"
