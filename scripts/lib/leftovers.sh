# What a run left behind: mounts and files below its directory, processes that were given it.
# shellcheck shell=bash

mounts_below() {
  awk -v root="$1/" 'index($5 "/", root) == 1 { print $5 }' /proc/self/mountinfo
}

# Matches the command line, so daemons that left our process group are found too.
processes_of() {
  local pid command
  for pid in /proc/[0-9]*; do
    command="$({ tr '\0' ' ' < "$pid/cmdline"; } 2> /dev/null)" || continue
    if [[ "$command" == *"$1"* && "${pid#/proc/}" != "$$" ]]; then
      printf '%s %s\n' "${pid#/proc/}" "$command"
    fi
  done
}

# report_leftovers DIRECTORY: says what is there; true when there is nothing.
report_leftovers() {
  local mounts processes files
  mounts="$(mounts_below "$1")"
  processes="$(processes_of "$1")"
  files="$(find "$1" -xdev -mindepth 1 -maxdepth 2 2> /dev/null)" || true
  [ -z "$mounts$processes$files" ] && return 0
  [ -z "$mounts" ] || printf 'left mounted: %s\n' "$mounts"
  [ -z "$processes" ] || printf 'left running: %s\n' "$processes"
  [ -z "$files" ] || printf 'left on disk: %s\n' "$files"
  return 1
}

# clear_leftovers DIRECTORY: ends and unmounts what is there, then removes the directory.
clear_leftovers() {
  local pid mount
  while read -r pid _; do
    [ -z "$pid" ] || kill "$pid" 2> /dev/null || true
  done <<< "$(processes_of "$1")"
  while read -r mount; do
    [ -z "$mount" ] || umount -l "$mount" || true
  done <<< "$(mounts_below "$1" | tac)"
  [ -z "$(mounts_below "$1")" ] || return 1
  rm -rf --one-file-system "$1"
}
