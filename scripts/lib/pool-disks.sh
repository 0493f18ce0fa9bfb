# Real disks for the simulated pool, with what each holds at its snapshots; needs lib/disk.sh.
# shellcheck shell=bash

# make_pool_disks FOLDER: FOLDER/NAME/1.raw at the first snapshot, 2.raw at the second, 3.raw now.
make_pool_disks() {
  local folder="$1/web01 root" stage note
  mkdir -p "$folder"
  make_demo_disk "$folder/1.raw"
  note="$(mktemp)"
  for stage in 2 3; do
    cp --sparse=always "$folder/$((stage - 1)).raw" "$folder/$stage.raw"
    printf 'Written before stage %s.\n' "$stage" > "$note"
    debugfs -w -R "write $note stage$stage.txt" "$folder/$stage.raw?offset=$demo_ext4_offset" > /dev/null 2>&1
  done
  rm -f "$note"
}
