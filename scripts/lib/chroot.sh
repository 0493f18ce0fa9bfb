# A bare Debian in a directory, which reaches packages the way this machine does.
# shellcheck shell=bash

# bare_debian DIRECTORY SUITE [OPTION...]: the options are debootstrap's; the mirror is this machine's own.
bare_debian() {
  local root="$1" suite="$2" mirror
  shift 2
  mirror="$(sed -nE 's/^(URIs:|deb) +(\[[^]]*\] +)?(https?:[^ ]+).*/\3/p' /etc/apt/sources.list.d/debian.sources \
    /etc/apt/sources.list 2> /dev/null | head -n 1)" || true
  chmod 0755 "$root" # plain users live in it too
  debootstrap --variant=minbase "$@" "$suite" "$root" ${mirror:+"$mirror"} > "$root.log" 2>&1 \
    || { tail -n 20 "$root.log" >&2; rm -f "$root.log"; die "debootstrap of $suite failed"; }
  rm -f "$root.log"
  # Debian's installer makes this link and debootstrap does not; fusermount3 reads it.
  ln -sf ../proc/self/mounts "$root/etc/mtab"
}

# lend_network DIRECTORY: the host's certificates, name service and proxies go along.
lend_network() {
  local root="$1"
  # What is there goes first: its links lead, seen from here, into the host.
  rm -rf "$root"/etc/{resolv.conf,hosts,ssl/certs}
  cp -aL /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  mkdir -p "$root/etc/ssl"
  cp -aL /etc/ssl/certs "$root/etc/ssl/certs"
  cp -aL /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2> /dev/null || true
}

# mount_chroot DIRECTORY: the kernel's file systems, the .NET SDK (read-only), a /tmp in memory.
mount_chroot() {
  local root="$1" tree
  # A root must be a mount point, or no mount namespace can be made inside.
  mount --bind "$root" "$root"
  mount --make-private "$root"
  mkdir -p "$root$DOTNET_ROOT"
  mount --bind "$DOTNET_ROOT" "$root$DOTNET_ROOT"
  mount -o remount,bind,ro "$root$DOTNET_ROOT"
  mount -t proc proc "$root/proc"
  for tree in sys dev; do
    mount --rbind "/$tree" "$root/$tree"
    mount --make-rslave "$root/$tree"
  done
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
}

# in_namespaces DIRECTORY COMMAND...: in the chroot, with process and mount namespaces of its own, so that nothing
# outlives it. Options of `env` and NAME=VALUE words may stand before the command.
in_namespaces() {
  local root="$1"
  shift
  unshare --mount --pid --fork --kill-child chroot "$root" /usr/bin/env HOME=/root DOTNET_ROOT="$DOTNET_ROOT" \
    PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$DOTNET_ROOT" \
    bash -c 'mount -t proc proc /proc && exec /usr/bin/env "$@"' bash "$@"
}
