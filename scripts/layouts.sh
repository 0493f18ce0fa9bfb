#!/bin/bash
# Layouts of every format, full and delta, against writers that share no code with them: whole files, and ranges.
#   scripts/layouts.sh [LAYOUTS [RANGES]]     of each kind (4800 layouts, 100 ranges of each: 100,000 and 10 million in all)
# Ends with the figures; exit 1 when a byte differed. A short sample of the same is among the tests of scripts/test.sh.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"

export VDIFS_LAYOUTS="${1:-4800}" VDIFS_RANGES="${2:-100}"
prepare_dotnet
log="$(mktemp /tmp/vdifs-layouts.XXXXXX)"
trap 'rm -f "$log"' EXIT
dotnet build "$repository/tests/VdiFs.Tests" -c Release -v quiet -nologo > "$log" 2>&1 \
  || { cat "$log" >&2; die "the build failed (its messages are above)"; }
status=0
"$repository/tests/VdiFs.Tests/bin/Release/net10.0/VdiFs.Tests" -noColor -showLiveOutput \
  -class VdiFs.Tests.Formats.LayoutSweepTests 2>&1 | tee "$log" || status=1
grep -oE 'swept [^:]+: [0-9]+ layouts, [0-9]+ ranges' "$log" | sort -u | awk '
  { layouts += $(NF - 3); ranges += $(NF - 1); kinds++ }
  END { printf "%d layouts of %d kinds, %d ranges equal the model\n", layouts, kinds, ranges }'
exit "$status"
