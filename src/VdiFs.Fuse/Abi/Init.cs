using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VdiFs.Fuse.Abi;

/// <summary>The FUSE_INIT flags this server knows; bits 32 and up travel in <c>flags2</c>.</summary>
[Flags]
internal enum FuseInitFlags : ulong
{
    None = 0,
    AsyncRead = 1UL << 0,
    ExportSupport = 1UL << 4,
    AutoInvalData = 1UL << 12,
    DoReaddirplus = 1UL << 13,
    ReaddirplusAuto = 1UL << 14,
    AsyncDio = 1UL << 15,
    WritebackCache = 1UL << 16,
    NoOpenSupport = 1UL << 17,
    ParallelDirops = 1UL << 18,
    AbortError = 1UL << 21,
    MaxPages = 1UL << 22,
    CacheSymlinks = 1UL << 23,
    NoOpendirSupport = 1UL << 24,
    ExplicitInvalData = 1UL << 25,
    InitExt = 1UL << 30,
    DirectIoAllowMmap = 1UL << 36,
    Passthrough = 1UL << 37,
}

/// <summary><c>struct fuse_init_in</c>; before 7.36 only the first 16 bytes are sent.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct InitIn(
    uint Major, uint Minor, uint MaxReadahead, uint Flags, uint Flags2, InitInSpare Spare)
{
    public const int ShortSize = 16;
    public const int Size = 64;
}

/// <summary>The unused tail of <see cref="InitIn"/>.</summary>
[InlineArray(11)]
internal struct InitInSpare
{
    public uint First;
}

/// <summary><c>struct fuse_init_out</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct InitOut
{
    public uint Major { get; init; }

    public uint Minor { get; init; }

    public uint MaxReadahead { get; init; }

    public uint Flags { get; init; }

    public ushort MaxBackground { get; init; }

    public ushort CongestionThreshold { get; init; }

    public uint MaxWrite { get; init; }

    public uint TimeGranularity { get; init; }

    public ushort MaxPages { get; init; }

    public ushort MapAlignment { get; init; }

    public uint Flags2 { get; init; }

    public uint MaxStackDepth { get; init; }

    public uint RequestTimeoutAndUnused { get; init; }

    public uint Unused0 { get; init; }

    public ulong Unused1 { get; init; }

    public ulong Unused2 { get; init; }
}
