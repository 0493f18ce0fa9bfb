# The FUSE device, which bare environments (chroots, minimal containers) lack or keep to root.
# shellcheck shell=bash

fuse_device_made=""
fuse_device_mode=""

# Makes sure that root can mount: the node exists and the kernel knows FUSE.
ensure_fuse() {
  if [ ! -e /dev/fuse ]; then
    say "/dev/fuse is absent: creating it for this run (mknod /dev/fuse c 10 229)"
    mknod -m 0666 /dev/fuse c 10 229 || die "cannot create /dev/fuse; a container needs --device /dev/fuse"
    fuse_device_made=yes
  fi
  grep -qw fuse /proc/filesystems || modprobe fuse 2> /dev/null || true
  grep -qw fuse /proc/filesystems || die "this kernel has no FUSE; load it with: modprobe fuse"
}

# Debian's own mode is 0666; without it a plain user cannot mount. restore_fuse undoes it.
open_fuse_to_users() {
  local mode
  mode="$(stat -c %a /dev/fuse)"
  [ "$mode" != 666 ] || return 0
  say "/dev/fuse has mode $mode: 0666, as Debian has it, for this run (plain users mount too)"
  fuse_device_mode="$mode"
  chmod 0666 /dev/fuse
}

restore_fuse() {
  [ -z "$fuse_device_mode" ] || chmod "$fuse_device_mode" /dev/fuse
  [ -z "$fuse_device_made" ] || rm -f /dev/fuse
  fuse_device_mode="" fuse_device_made=""
}
