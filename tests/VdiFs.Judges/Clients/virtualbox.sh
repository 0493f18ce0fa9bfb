#!/bin/bash
# VirtualBox clones what is in an image, and the clone is compared with the disk.
#   virtualbox.sh image IMAGE PARENT EXPECTED     PARENT is empty for a full image
#   virtualbox.sh appliance FILE EXPECTED...      imports it, and clones the disks of the machine in their order
# Exit status: 0 equal, 1 other bytes, 2 not read.
set -euo pipefail

# A home and a server of its own: two images of one disk have the same ids. The server ends by itself.
home="$(mktemp -d /tmp/virtualbox.XXXXXX)"
work="$(mktemp -d)"
trap 'rm -rf "$home" "$work"' EXIT
export HOME="$home" VBOX_USER_HOME="$home" VBOX_IPC_SOCKETID="${home##*.}"

manage() {
  VBoxManage -q "$@" >> "$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 2
  }
}

# cloned_equals MEDIUM EXPECTED
cloned_equals() {
  rm -f "$work/clone.raw"
  manage clonemedium disk "$1" "$work/clone.raw" --format RAW
  manage closemedium disk "$work/clone.raw"
  cmp "$work/clone.raw" "$2" || exit 1
}

case "$1" in
  image)
    if [ -n "$3" ]; then
      # A machine that has it, or the server does not know the child's parent.
      manage createvm --name parent --register --basefolder "$work"
      manage storagectl parent --name disks --add sata
      manage storageattach parent --storagectl disks --port 0 --type hdd --medium "$3"
    fi
    cloned_equals "$2" "$4"
    ;;
  appliance)
    manage import "$2" --vsys 0 --vmname imported --basefolder "$work"
    shift 2
    mapfile -t disks < <(VBoxManage -q showvminfo imported --machinereadable 2> /dev/null \
      | sed -nE 's/^"[^"]*-[0-9]+-[0-9]+"="(\/.*)"$/\1/p')
    if [ "${#disks[@]}" != "$#" ]; then
      echo "the machine has ${#disks[@]} disks instead of $#"
      exit 1
    fi
    for disk in "${disks[@]}"; do
      cloned_equals "$disk" "$1"
      shift
    done
    ;;
esac
