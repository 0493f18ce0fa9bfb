#!/bin/bash
# Every test: the hermetic ones, the simulation, the simulated pool's foreign clients, the images' foreign readers, then
# the native executable end to end against real servers, tools and judges. Arguments are handed to both test runners
# (for example: -class 'VdiFs.EndToEnd.LifecycleTests'), and leave all but those out.
# Ends with the line "N passed, N failed"; exit 1 when anything failed or was left behind.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/packages.sh"
. "$(dirname "$0")/lib/fuse.sh"
. "$(dirname "$0")/lib/leftovers.sh"

require_root
prepare_dotnet
need_packages nbdkit=nbdkit qemu-nbd=qemu-utils nbd-server=nbd-server nbdcopy=libnbd-bin \
  7z=p7zip-full vhdimount=libvhdi-utils vmdkmount=libvmdk-utils mmls=sleuthkit file=file cmp=diffutils \
  rsync=rsync sfdisk=fdisk mke2fs=e2fsprogs mkfs.vfat=dosfstools mcopy=mtools \
  ddrescue=gddrescue python3=python3 fusermount3=fuse3 fusermount=fuse3 setfattr=attr setpriv=util-linux mount=mount

# Everything a test makes lies below one directory, so that what it leaves can be found.
run_root="$(mktemp -d /tmp/vdifs-test.XXXXXX)"
chmod 0755 "$run_root"
log="$run_root.log"
cleanup() {
  local status=$?
  trap - EXIT
  clear_leftovers "$run_root" || true
  rm -f "$log"
  restore_fuse
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
ensure_fuse
open_fuse_to_users

"$repository/scripts/publish.sh"

say "building the tests"
dotnet build "$repository/VdiFs.sln" -c Release -v quiet -nologo > "$log" 2>&1 \
  || { cat "$log" >&2; die "the build failed (its messages are above)"; }

export VDIFS="$repository/artifacts/publish/vdifs" TMPDIR="$run_root" DOTNET_EnableDiagnostics=0
passed=0 failed=0 skipped=0

# run_tests PROJECT ARGUMENTS...
run_tests() {
  local project="$1" summary total errors failures skips not_run
  shift
  say "$project"
  "$repository/tests/$project/bin/Release/net10.0/$project" -noColor "$@" 2>&1 | tee "$log" || true
  summary="$(grep -E '^ *[A-Za-z.]+ +Total: [0-9]+, Errors: ' "$log" | tail -n 1)" || true
  if [ -z "$summary" ]; then
    say "$project ended without a summary: counted as one failure"
    failed=$((failed + 1))
    return
  fi
  read -r total errors failures skips not_run <<< \
    "$(sed -E 's/.*Total: ([0-9]+), Errors: ([0-9]+), Failed: ([0-9]+), Skipped: ([0-9]+), Not Run: ([0-9]+).*/\1 \2 \3 \4 \5/' <<< "$summary")"
  failed=$((failed + failures + errors))
  skipped=$((skipped + skips))
  passed=$((passed + total - failures - skips - not_run))
}

# Each named seed is one test; so are the sweep over new seeds and the proof that a seed is one story only.
run_simulation() {
  say VdiFs.Simulation
  # It builds, and a build leaves things where TMPDIR points.
  env -u TMPDIR "$repository/scripts/simulate.sh" 2>&1 | tee "$log" || true
  passed=$((passed + $(grep -c '^passed ' "$log" || true)))
  failed=$((failed + $(grep -c '^FAILED ' "$log" || true)))
  count_line '^determinism: .*, 0 not$'
  count_line '^simulation: .*, 0 seeds failed;'
}

# count_line PATTERN: a test that passed when its line is in the log, and failed when it is not.
count_line() {
  if grep -qE "$1" "$log"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
  fi
}

# run_counted WORDS SCRIPT: a script that ends with the line "N passed, N failed"; each of its claims is a test.
run_counted() {
  local summary
  say "$1"
  # It builds, and a build leaves things where TMPDIR points.
  env -u TMPDIR "$2" 2>&1 | tee "$log" || true
  summary="$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$log")" || summary="0 passed, 1 failed"
  read -r ok _ bad _ <<< "$summary"
  passed=$((passed + ok))
  failed=$((failed + bad))
}

run_tests VdiFs.Tests "$@"
if [ $# = 0 ]; then
  run_simulation
  # What stands in for a pool is held to clients that nobody here wrote.
  run_counted "clients of the simulated pool" "$repository/scripts/pool-clients.sh"
  # So are the images to readers that nobody here wrote.
  run_counted "judges of images" "$repository/scripts/judges.sh"
fi
run_tests VdiFs.EndToEnd "$@"

# A quick round of every scenario of faults, unless single tests were asked for; each scenario counts as a test.
if [ $# = 0 ]; then
  say "chaos"
  VDIFS_CHAOS_BUILT=yes "$repository/scripts/chaos.sh" --quick 2>&1 | tee "$log" || true
  summary="$(grep -E '^[0-9]+ scenarios passed, [0-9]+ failed$' "$log")" || summary="0 scenarios passed, 1 failed"
  read -r ok _ _ bad _ <<< "$summary"
  passed=$((passed + ok))
  failed=$((failed + bad))
fi

if ! report_leftovers "$run_root"; then
  failed=$((failed + 1))
fi

line="$passed passed, $failed failed"
[ "$skipped" = 0 ] || line+=", $skipped skipped"
echo "$line"
[ "$failed" = 0 ]
