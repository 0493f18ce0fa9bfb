#!/bin/bash
# What the engine costs per call, in time and in bytes allocated: layouts of every format, rank and select, a hit of the
# cache, the reply to a cached read, NBD's headers. Exit 1 when any of it allocates; of the time no more is claimed than the tables say.
#   scripts/bench-layouts.sh [--write]     --write puts the tables into docs/FORMATS.md
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/pages.sh"

write=no
case "$*" in
  "") ;;
  --write) write=yes ;;
  *) die "usage: scripts/bench-layouts.sh [--write]" ;;
esac

prepare_dotnet
work="$(mktemp -d /tmp/vdifs-bench-layouts.XXXXXX)"
trap 'rm -rf "$work"' EXIT
dotnet build "$repository/tests/VdiFs.Benchmarks" -c Release -v quiet -nologo > "$work/log" 2>&1 \
  || { cat "$work/log" >&2; die "the build failed (its messages are above)"; }
layouts="$(git -C "$repository" log -1 --abbrev=10 --format=%h -- src/VdiFs.Formats)"
cp -r "$repository/tests/VdiFs.Benchmarks/bin/Release/net10.0" "$work/benchmarks"

say "measuring (some minutes)"
# Within one process and by short jobs: these are orders of magnitude, and the question is whether anything allocates.
(cd "$work" && timeout --kill-after=10 1800 "$work/benchmarks/VdiFs.Benchmarks" --filter '*' --inProcess --job short \
  --iterationTime 100 --exporters GitHub --artifacts "$work/results" > "$work/log" 2>&1) \
  || { tail -n 40 "$work/log" >&2; die "the benchmarks failed (their last lines are above)"; }

reports=("$work"/results/results/*-report-github.md)
{
  printf 'Measured %s, src/VdiFs.Formats as of commit %s.\n' "$(date -u +%F)" "$layouts"
  # The processor, in the words of the first report: its third line.
  sed -n '4s/$/./p' "${reports[0]}"
  for report in "${reports[@]}"; do
    printf '\n%s:\n\n' "$(basename "$report" | sed -E 's/.*\.([A-Za-z]+)Benchmarks-report.*/\1/')"
    grep '^|' "$report" | sed -E '/^\|-/ { s/[^|]+/ --- /g }; s/ +\|/ |/g; s/\| +/| /g; s/\*\*//g; s/ +$//'
  done
} > "$work/part"
cat "$work/part"

# A dash: no byte. It is the calling thread's own count over many calls, so there is nothing to forgive.
if grep '^| ' "$work/part" | grep -vE '^\| (Method|---) |\| - \|$' >&2; then
  die "something allocates, or was not measured (above)"
fi
say "nothing allocates"

if [ "$write" = yes ]; then
  write_part "$repository/docs/FORMATS.md" benchmarks < "$work/part"
fi
