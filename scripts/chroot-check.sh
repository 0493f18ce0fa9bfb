#!/bin/bash
# The proof as a newcomer: a bare Debian 12 with git and the .NET SDK only, a fresh clone, the README's first two commands.
# Needs root, debootstrap and about 4 GiB; takes some minutes. Not part of the tests.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/packages.sh"
. "$(dirname "$0")/lib/leftovers.sh"
. "$(dirname "$0")/lib/chroot.sh"

require_root
prepare_dotnet
need_packages debootstrap=debootstrap git=git unshare=util-linux

root="$(mktemp -d "${TMPDIR:-/var/tmp}/vdifs-chroot.XXXXXX")"
cleanup() {
  local status=$?
  trap - EXIT
  # Never removes across a bind mount: everything is unmounted first, and that is checked.
  clear_leftovers "$root" || die "$root still has mounts; unmount them and remove it by hand"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say "a bare Debian 12 in $root"
bare_debian "$root" bookworm --include=git,ca-certificates,libstdc++6,libicu72
lend_network "$root"
rm -rf "$root"/etc/apt/{sources.list,sources.list.d}
cp -aL /etc/apt/sources.list.d "$root/etc/apt/" 2> /dev/null || true
cp -aL /etc/apt/sources.list "$root/etc/apt/" 2> /dev/null || true
if [ -f "$HOME/.nuget/NuGet/NuGet.Config" ]; then
  install -D "$HOME/.nuget/NuGet/NuGet.Config" "$root/root/.nuget/NuGet/NuGet.Config"
fi
mount_chroot "$root"

say "a fresh clone"
git clone -q --no-hardlinks "$repository" "$root/root/vdifs"

in_chroot() {
  say "newcomer$ $*"
  in_namespaces "$root" --chdir=/root/vdifs "$@"
}

in_chroot scripts/demo.sh
in_chroot scripts/demo.sh
in_chroot scripts/test.sh
in_chroot git status --short
say "both commands work from a fresh clone"
