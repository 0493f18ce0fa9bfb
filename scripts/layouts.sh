#!/bin/bash
# Layouts of every format, full and delta, against writers that share no code with them: whole files, and ranges.
#   scripts/layouts.sh [LAYOUTS [RANGES]] [--write]
# LAYOUTS of each kind and RANGES of each layout; 4800 and 100 unless told, 100,000 and 10 million in all, which takes
# two cores ten to twenty minutes. Exit 1 when a byte differed; when none did, --write puts the figures into
# docs/FORMATS.md.
# A short sample of the same is among the tests of scripts/test.sh.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/pages.sh"

numbers=()
write=no
for argument in "$@"; do
  case "$argument" in
    --write) write=yes ;;
    *[!0-9]* | "" | 0) die "what is '$argument'? Usage: scripts/layouts.sh [LAYOUTS [RANGES]] [--write]" ;;
    *) numbers+=("$argument") ;;
  esac
done
export VDIFS_LAYOUTS="${numbers[0]:-4800}" VDIFS_RANGES="${numbers[1]:-100}"

prepare_dotnet
work="$(mktemp -d /tmp/vdifs-layouts.XXXXXX)"
trap 'rm -rf "$work"' EXIT
dotnet build "$repository/tests/VdiFs.Tests" -c Release -v quiet -nologo > "$work/log" 2>&1 \
  || { cat "$work/log" >&2; die "the build failed (its messages are above)"; }
# Which layouts these are: the last commit that touched them.
layouts="$(git -C "$repository" log -1 --abbrev=10 --format=%h -- src/VdiFs.Formats)"
[ -z "$(git -C "$repository" status --porcelain -- src/VdiFs.Formats)" ] || layouts="$layouts, changed since"
# What runs is a copy: it runs for long, and the next build would write into the original.
cp -r "$repository/tests/VdiFs.Tests/bin/Release/net10.0" "$work/tests"

status=0
"$work/tests/VdiFs.Tests" -noColor -showLiveOutput -class VdiFs.Tests.Formats.LayoutSweepTests 2>&1 \
  | tee "$work/log" || status=1
# One line for each kind, "KIND<tab>LAYOUTS<tab>RANGES".
sed -nE 's/.*swept ([^:]+): ([0-9]+) layouts, ([0-9]+) ranges$/\1\t\2\t\3/p' "$work/log" | sort -u > "$work/swept"
sum="$(awk -F '\t' '{ layouts += $2; ranges += $3; kinds++ } END {
  printf "%d layouts of %d kinds, %d ranges", layouts, kinds, ranges }' "$work/swept")"
if [ "$status" != 0 ]; then
  say "some differ from the model (the messages are above); equal: $sum"
  exit 1
fi

say "$sum: all equal the model"
if [ "$write" = yes ]; then
  {
    printf '%s, 0 different (%s, src/VdiFs.Formats as of commit %s).\n\n' "$sum" "$(date -u +%F)" "$layouts"
    printf '| kind | layouts | ranges |\n| --- | --- | --- |\n'
    awk -F '\t' '{ printf "| `%s` | %d | %d |\n", $1, $2, $3 }' "$work/swept"
  } | write_part "$repository/docs/FORMATS.md" layouts
fi
