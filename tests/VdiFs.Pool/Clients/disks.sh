#!/bin/bash
# libnbd's tools and qemu-img at the simulated pool's disks: disks.sh HOST HOST2 HTTPS_PORT PASSWORD_FILE WORK
exec /usr/bin/python3 -B "$(dirname "$0")/disks.py" "$@"
