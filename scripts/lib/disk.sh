# The demo's disk: GPT, FAT and ext4 in a sparse file, written in place by offset.
# shellcheck shell=bash

demo_fat_sector=2048
demo_ext4_sector=133120
# shellcheck disable=SC2034  # read by the scripts that source this file
demo_ext4_offset=$((demo_ext4_sector * 512))

# make_demo_disk FILE
make_demo_disk() {
  local disk="$1" tree
  tree="$(mktemp -d)"
  printf 'Hello from inside the disk.\n' > "$tree/hello.txt"
  mkdir "$tree/data"
  head -c 24M /dev/urandom > "$tree/data/noise.bin"
  seq 1 200000 > "$tree/data/numbers.txt"

  truncate -s 1G "$disk"
  printf 'label: gpt\nstart=%s, size=131072, type=uefi, name=boot\nstart=%s, type=linux, name=root\n' \
    "$demo_fat_sector" "$demo_ext4_sector" | sfdisk -q "$disk"
  mkfs.vfat -F 16 -n BOOT --offset="$demo_fat_sector" "$disk" 65536 > /dev/null 2>&1
  mcopy -i "$disk@@$((demo_fat_sector * 512))" "$tree/hello.txt" ::
  mke2fs -q -t ext4 -L root -d "$tree" -E "offset=$demo_ext4_offset" "$disk" 900M 2> /dev/null
  rm -rf "$tree"
}
