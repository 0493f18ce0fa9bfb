# Shared by the scripts beside it: messages, the repository's root, the environment of dotnet.
# shellcheck shell=bash

# shellcheck disable=SC2034  # read by the scripts that source this file
repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

say() { printf '== %s\n' "$*"; }

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

require_root() {
  [ "$(id -u)" = 0 ] || die "this needs root (packages, /dev/fuse, mounts); run it as: sudo $0"
}

# No build server may outlive the script that started it, and an apphost must find an SDK that is only on PATH.
prepare_dotnet() {
  command -v dotnet > /dev/null \
    || die "dotnet is not on PATH; install the .NET 10 SDK (https://dotnet.microsoft.com/download) and run this again"
  DOTNET_ROOT="${DOTNET_ROOT:-$(dirname "$(readlink -f "$(command -v dotnet)")")}"
  export DOTNET_ROOT
  export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
  export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
}
