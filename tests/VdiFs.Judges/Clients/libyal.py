"""Reads an image through one of the libyal libraries and compares it with the disk.

libyal.py MODULE                                      prints the library's version
libyal.py MODULE whole IMAGE PARENT EXPECTED          compares all of it with a raw file
libyal.py MODULE samples IMAGE PARENT FOLDER LENGTH   compares the pieces in a folder, each named by its disk offset

PARENT is empty for a full image. Exit status: 0 equal, 1 other bytes, 2 not read.
"""

import importlib
import os
import sys

# A cluster of a QCOW2: libqcow takes all of a read that starts in the parent from there, also what the child has.
PIECE = 1 << 16


def opened(module, path):
    """The library's object for an image; a VMDK's extents are files of their own to libvmdk."""
    image = module.handle() if module.__name__ == "pyvmdk" else module.file()
    image.open(path)
    if module.__name__ == "pyvmdk":
        image.open_extent_data_files()
    return image


def compare(image, offset, expected):
    found = image.read_buffer_at_offset(len(expected), offset)
    if found != expected:
        print(f"other bytes in the piece at disk offset {offset}")
        sys.exit(1)


def compare_whole(image, path):
    length = os.stat(path).st_size
    check_size(image, length)
    with open(path, "rb") as disk:
        for offset in range(0, length, PIECE):
            compare(image, offset, disk.read(PIECE))


def compare_samples(image, folder, length):
    check_size(image, length)
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as sample:
            compare(image, int(name), sample.read())


def check_size(image, length):
    if image.get_media_size() != length:
        print(f"the disk has {image.get_media_size()} bytes instead of {length}")
        sys.exit(1)


def main(name, command=None, path=None, parent=None, expected=None, length="0"):
    module = importlib.import_module(name)
    if command is None:
        print(module.get_version())
        return
    image = opened(module, path)
    # The parent must live as long as the child that reads it.
    below = opened(module, parent) if parent else None
    if below is not None:
        image.set_parent(below)
    if command == "whole":
        compare_whole(image, expected)
    else:
        compare_samples(image, expected, int(length))


try:
    main(*sys.argv[1:])
except (OSError, MemoryError, ValueError) as failure:
    print(failure, file=sys.stderr)
    sys.exit(2)
