#!/bin/bash
# The deterministic simulation: the product's own client, failover, cache and read-ahead over a simulated network, clock
# and chance. One seed is one story of about 1000 reads under faults; the same seed is the same story every time.
# With arguments: hands them to the simulator (--help tells which). Without: the regressions, then the determinism of
# 300 seeds, then 20,000 seeds or 3 minutes of them, whichever comes first. Exit 1 when anything failed.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"

prepare_dotnet
simulator="$repository/tests/VdiFs.Simulation/bin/Release/net10.0/VdiFs.Simulation"
dotnet build "$repository/tests/VdiFs.Simulation" -c Release -v quiet -nologo

if [ $# -gt 0 ]; then
  exec "$simulator" "$@"
fi

failed=0
"$simulator" --regressions || failed=1
"$simulator" --check-determinism --seeds 1-300 || failed=1
"$simulator" --seeds 1-20000 --minutes 3 --jobs "$(nproc)" || failed=1
exit "$failed"
