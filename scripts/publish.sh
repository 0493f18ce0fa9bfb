#!/bin/bash
# Builds artifacts/publish/vdifs: one native executable (Native AOT), nothing beside it.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/packages.sh"

compiler=clang=clang
if command -v gcc > /dev/null && ! command -v clang > /dev/null; then
  compiler=gcc=gcc
fi
if [ "$(id -u)" = 0 ]; then
  need_packages "$compiler" ld=binutils /usr/include/zlib.h=zlib1g-dev /usr/include/stdlib.h=libc6-dev
fi
prepare_dotnet

case "$(uname -m)" in
  x86_64) rid=linux-x64 ;;
  aarch64) rid=linux-arm64 ;;
  *) die "no native build for $(uname -m); it exists for x86_64 and aarch64" ;;
esac
driver=clang
command -v clang > /dev/null || driver=gcc

staging="$(mktemp -d)"
trap 'rm -rf "$staging"' EXIT

say "compiling vdifs for $rid"
# The native compiler's package is the SDK's choice, so this build keeps lock files of its own.
if ! dotnet publish "$repository/src/VdiFs" -c Release -r "$rid" -p:PublishAot=true -p:CppCompilerAndLinker="$driver" \
    -p:NuGetLockFilePath=obj/native.lock.json -o "$staging" -v quiet -nologo > "$staging/log" 2>&1; then
  cat "$staging/log" >&2
  die "the native build failed (its messages are above)"
fi

mkdir -p "$repository/artifacts/publish"
find "$repository/artifacts/publish" -mindepth 1 -delete
install -m 0755 "$staging/vdifs" "$repository/artifacts/publish/vdifs"
say "artifacts/publish/vdifs: $(stat -c %s "$repository/artifacts/publish/vdifs" | numfmt --to=iec)iB"
