using System.Runtime.InteropServices;

namespace VdiFs.Fuse.Abi;

/// <summary><c>struct fuse_attr</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Attr
{
    public ulong Ino { get; init; }

    public ulong Size { get; init; }

    public ulong Blocks { get; init; }

    public ulong Atime { get; init; }

    public ulong Mtime { get; init; }

    public ulong Ctime { get; init; }

    public uint AtimeNsec { get; init; }

    public uint MtimeNsec { get; init; }

    public uint CtimeNsec { get; init; }

    public uint Mode { get; init; }

    public uint Nlink { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public uint Rdev { get; init; }

    public uint Blksize { get; init; }

    public uint Flags { get; init; }
}

/// <summary><c>struct fuse_attr_out</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct AttrOut(ulong AttrValid, uint AttrValidNsec, uint Dummy, Attr Attr);

/// <summary><c>struct fuse_entry_out</c>; node id 0 says "no such name" and may be kept like any other.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct EntryOut(
    ulong NodeId,
    ulong Generation,
    ulong EntryValid,
    ulong AttrValid,
    uint EntryValidNsec,
    uint AttrValidNsec,
    Attr Attr);

/// <summary><c>struct fuse_getattr_in</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct GetattrIn(uint Flags, uint Dummy, ulong FileHandle);

/// <summary><c>struct fuse_statfs_out</c>, that is <c>struct fuse_kstatfs</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct StatfsOut(
    ulong Blocks,
    ulong FreeBlocks,
    ulong AvailableBlocks,
    ulong Files,
    ulong FreeFiles,
    uint BlockSize,
    uint NameLength,
    uint FragmentSize,
    uint Padding,
    ulong Spare0,
    ulong Spare1,
    ulong Spare2);
