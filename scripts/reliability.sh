#!/bin/bash
# Runs every proof and writes docs/RELIABILITY.md from what they found:
#   scripts/reliability.sh [--quick] [--from DIR] [--even-so]
#   --quick    seconds of each, where hours are possible
#   --from DIR takes the lines that are in DIR (proofs run with VDIFS_PROOFS=DIR) and runs nothing
#   --even-so  writes the page, with loud words on top, when proofs are missing or have failed
# Exit 1 when a proof is missing, has failed, or found anything wrong, late or left behind.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"

proofs="" quick="" even_so=""
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) quick=--quick ;;
    --even-so) even_so=--even-so ;;
    --from)
      [ -d "${2:-}" ] || die "--from needs a directory of proofs' lines"
      proofs="$(cd "$2" && pwd)"
      shift
      ;;
    *) die "unknown argument $1: [--quick] [--from DIR] [--even-so]" ;;
  esac
  shift
done
prepare_dotnet

failed=0 fuzz_seconds=60
[ -z "$quick" ] || fuzz_seconds=1
if [ -z "$proofs" ]; then
  require_root
  proofs="$(mktemp -d)"
  trap 'rm -rf "$proofs"' EXIT
  export VDIFS_PROOFS="$proofs"
  "$repository/scripts/publish.sh"
  dotnet build "$repository/tests/VdiFs.Tests" -c Release -v quiet -nologo
  "$repository/tests/VdiFs.Tests/bin/Release/net10.0/VdiFs.Tests" -noColor -class 'VdiFs.Tests.*.Faults.*' || failed=1
  dotnet build "$repository/tests/VdiFs.Fuzz" -c Release -v quiet -nologo
  for target in handshake replies status images uri; do
    "$repository/tests/VdiFs.Fuzz/bin/Release/net10.0/VdiFs.Fuzz" --mutate "$target" "$fuzz_seconds" 1 || failed=1
  done
  if [ -n "$quick" ]; then
    "$repository/scripts/simulate.sh" --seeds 1-200 || failed=1
  else
    "$repository/scripts/simulate.sh" || failed=1
  fi
  "$repository/scripts/chaos.sh" ${quick:+"$quick"} || failed=1
fi

dotnet build "$repository/tests/VdiFs.Reliability" -c Release -v quiet -nologo > /dev/null \
  || die "the generator could not be built: dotnet build tests/VdiFs.Reliability tells why"
commit="$(git -C "$repository" rev-parse --short=12 HEAD)"
[ -z "$(git -C "$repository" status --porcelain -- src)" ] || commit+=" with changes to src"
generator="$repository/tests/VdiFs.Reliability/bin/Release/net10.0/VdiFs.Reliability"
"$generator" "$proofs" "$repository/docs/RELIABILITY.md" \
  "$(date -u +%F)" "$commit" "Linux $(uname -r)" "$(nproc) cores" ${even_so:+"$even_so"} || failed=1
[ "$failed" = 0 ] || die "proofs are missing or have failed (see above)"
say "docs/RELIABILITY.md is written"
