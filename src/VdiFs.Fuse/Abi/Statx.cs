using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VdiFs.Fuse.Abi;

/// <summary><c>struct fuse_statx_in</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct StatxIn(uint GetattrFlags, uint Reserved, ulong FileHandle, uint StatxFlags, uint Mask);

/// <summary><c>struct fuse_sx_time</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct StatxTime(long Seconds, uint Nanoseconds, int Reserved);

/// <summary>The unused tail of <see cref="StatxOut"/>.</summary>
[InlineArray(14)]
internal struct StatxSpare
{
    public ulong First;
}

/// <summary><c>struct fuse_statx_out</c> with its <c>struct fuse_statx</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct StatxOut
{
    /// <summary>STATX_BASIC_STATS | STATX_BTIME: what <see cref="Mask"/> always is.</summary>
    public const uint BasicStatsAndBirthTime = 0xFFF;

    public ulong AttrValid { get; init; }

    public uint AttrValidNsec { get; init; }

    public uint Flags { get; init; }

    public ulong Spare0 { get; init; }

    public ulong Spare1 { get; init; }

    public uint Mask { get; init; }

    public uint Blksize { get; init; }

    public ulong Attributes { get; init; }

    public uint Nlink { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public ushort Mode { get; init; }

    public ushort SpareShort { get; init; }

    public ulong Ino { get; init; }

    public ulong Size { get; init; }

    public ulong Blocks { get; init; }

    public ulong AttributesMask { get; init; }

    public StatxTime Atime { get; init; }

    public StatxTime Btime { get; init; }

    public StatxTime Ctime { get; init; }

    public StatxTime Mtime { get; init; }

    public uint RdevMajor { get; init; }

    public uint RdevMinor { get; init; }

    public uint DevMajor { get; init; }

    public uint DevMinor { get; init; }

    public StatxSpare Spare { get; init; }
}
