#!/bin/bash
# The proof as a newcomer: a bare Debian 12 with git and the .NET SDK only, a fresh clone, the README's first two commands.
# Needs root, debootstrap and about 4 GiB; takes some minutes. Not part of the tests.
set -euo pipefail
. "$(dirname "$0")/lib/common.sh"
. "$(dirname "$0")/lib/packages.sh"
. "$(dirname "$0")/lib/leftovers.sh"

require_root
prepare_dotnet
need_packages debootstrap=debootstrap git=git unshare=util-linux

root="$(mktemp -d "${TMPDIR:-/var/tmp}/vdifs-chroot.XXXXXX")"
chmod 0755 "$root" # plain users live in it too
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
mirror="$(sed -nE 's/^(URIs:|deb) +(\[[^]]*\] +)?(https?:[^ ]+).*/\3/p' /etc/apt/sources.list.d/debian.sources \
  /etc/apt/sources.list 2> /dev/null | head -n 1)" || true
debootstrap --variant=minbase --include=git,ca-certificates,libstdc++6,libicu72 bookworm "$root" ${mirror:+"$mirror"} \
  > "$root.log" 2>&1 || { tail -n 20 "$root.log" >&2; rm -f "$root.log"; die "debootstrap failed"; }
rm -f "$root.log"

# The host's way to packages goes along: mirrors, certificates, name service, proxies (by the environment).
# What is there goes first: its links lead, seen from here, into the host.
rm -rf "$root"/etc/{apt/sources.list,apt/sources.list.d,resolv.conf,hosts,ssl/certs}
cp -aL /etc/apt/sources.list.d "$root/etc/apt/" 2> /dev/null || true
cp -aL /etc/apt/sources.list "$root/etc/apt/" 2> /dev/null || true
cp -aL /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
cp -aL /etc/ssl/certs "$root/etc/ssl/certs"
cp -aL /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2> /dev/null || true
if [ -f "$HOME/.nuget/NuGet/NuGet.Config" ]; then
  install -D "$HOME/.nuget/NuGet/NuGet.Config" "$root/root/.nuget/NuGet/NuGet.Config"
fi

# A root must be a mount point, or no mount namespace can be made inside.
mount --bind "$root" "$root"
mount --make-private "$root"
# Debian's installer makes this link and debootstrap does not; fusermount3 reads it.
ln -sf ../proc/self/mounts "$root/etc/mtab"
mkdir -p "$root$DOTNET_ROOT"
mount --bind "$DOTNET_ROOT" "$root$DOTNET_ROOT"
mount -o remount,bind,ro "$root$DOTNET_ROOT"
mount -t proc proc "$root/proc"
for tree in sys dev; do
  mount --rbind "/$tree" "$root/$tree"
  mount --make-rslave "$root/$tree"
done
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"

say "a fresh clone"
git clone -q --no-hardlinks "$repository" "$root/root/vdifs"

# in_chroot COMMAND: process and mount namespaces of its own, so that nothing outlives it.
in_chroot() {
  say "newcomer$ $*"
  unshare --mount --pid --fork --kill-child chroot "$root" /usr/bin/env HOME=/root DOTNET_ROOT="$DOTNET_ROOT" \
    PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$DOTNET_ROOT" \
    bash -c 'mount -t proc proc /proc && cd /root/vdifs && exec "$@"' bash "$@"
}

in_chroot scripts/demo.sh
in_chroot scripts/demo.sh
in_chroot scripts/test.sh
in_chroot git status --short
say "both commands work from a fresh clone"
