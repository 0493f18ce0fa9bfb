#!/bin/bash
# Feeds a target with inputs that afl-fuzz makes from what they cover: fuzz.sh [TARGET] [SECONDS] (replies, 60).
# Targets: handshake, replies, status, images, uri. What is found stays in artifacts/fuzz/TARGET and makes later runs start
# where this one ended. Exit 1 when an input crashed or hung; repeat one with:
# tests/VdiFs.Fuzz/bin/Release/net10.0/VdiFs.Fuzz --replay TARGET FILE.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/packages.sh"

target="${1:-replies}" seconds="${2:-60}"
prepare_dotnet
need_packages afl-fuzz=afl++

work="$repository/artifacts/fuzz"
tools="$work/tools" program="$work/bin" found="$work/$target"
mkdir -p "$work"
[ -x "$tools/sharpfuzz" ] \
  || dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$tools" > "$work/tools.log" \
  || { cat "$work/tools.log" >&2; die "the instrumenter could not be installed (see above)"; }

say "building and instrumenting"
dotnet build "$repository/tests/VdiFs.Fuzz" -c Release -v quiet -nologo > "$work/build.log" 2>&1 \
  || { cat "$work/build.log" >&2; die "the build failed (its messages are above)"; }
plain="$repository/tests/VdiFs.Fuzz/bin/Release/net10.0"
rm -rf "$program"
cp -r "$plain" "$program"
for room in VdiFs.Nbd VdiFs.Formats; do
  DOTNET_ROLL_FORWARD=Major "$tools/sharpfuzz" "$program/$room.dll"
done > "$work/instrument.log"

input="$work/seeds/$target"
rm -rf "$input"
"$plain/VdiFs.Fuzz" --write-seeds "$target" "$input"
[ ! -d "$found" ] || input=-

say "fuzzing $target for $seconds s"
# The managed program is no ELF file with AFL's marks, and a container has no say over cores and core files.
AFL_SKIP_BIN_CHECK=1 AFL_NO_AFFINITY=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 \
  AFL_FORKSRV_INIT_TMOUT=30000 DOTNET_TieredPGO=0 \
  afl-fuzz -i "$input" -o "$found" -t 15000 -m none -V "$seconds" -- \
  dotnet "$program/VdiFs.Fuzz.dll" "$target" > "$work/$target.log" 2>&1 \
  || { tail -n 20 "$work/$target.log" >&2; die "afl-fuzz ended badly (its last lines are above)"; }

statistics="$found/default/fuzzer_stats"
"$plain/VdiFs.Fuzz" --record "$target" "$statistics"
grep -E '^(execs_done|execs_per_sec|corpus_count|saved_crashes|saved_hangs|edges_found) ' "$statistics"
if [ -n "$(find "$found/default/crashes" "$found/default/hangs" -name 'id*' -print -quit)" ]; then
  die "findings are in $found/default/crashes and $found/default/hangs"
fi
