using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace VdiFs.Disks.Cache;

/// <summary>Memory for cache blocks: taken for many at once, so that the kernel can back it with huge pages, and given
/// back block by block.</summary>
/// <remarks>What nobody has touched costs address space alone. The first touch of a page costs more than to copy its
/// bytes: in pages of 2 MiB a fifth of what it costs in pages of 4 KiB.</remarks>
internal static class BlockMemory
{
    // madvise(2)
    private const int DontNeed = 4;
    private const int HugePage = 14;

    /// <summary>Untouched memory for a number of neighbouring blocks, each at a multiple of its size, which is one of
    /// the page size too.</summary>
    public static Memory<byte> Allocate(int blocks)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>((blocks + 1) * CacheBlock.SizeBytes, pinned: true);
        int start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0) & (CacheBlock.SizeBytes - 1));
        Memory<byte> memory = bytes.AsMemory(start, blocks * CacheBlock.SizeBytes);
        Advise(memory, HugePage);
        return memory;
    }

    /// <summary>Where memory of <see cref="Allocate"/> is.</summary>
    public static nint AddressOf(Memory<byte> memory)
    {
        _ = MemoryMarshal.TryGetArray(memory, out ArraySegment<byte> segment);
        return Marshal.UnsafeAddrOfPinnedArrayElement(segment.Array!, segment.Offset);
    }

    /// <summary>Gives the pages of some blocks back to the system; the memory may be used again, and is zeros until
    /// then.</summary>
    public static void Discard(Memory<byte> memory) => Advise(memory, DontNeed);

    // Advice that is not taken, by a kernel without huge pages say, costs time or memory but breaks nothing.
    private static void Advise(Memory<byte> memory, int advice)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Native.Advise(AddressOf(memory), memory.Length, advice);
        }
    }

    private static class Native
    {
        [DllImport("libc", EntryPoint = "madvise")]
        [SuppressMessage("Interoperability", "SYSLIB1054", Justification = "LibraryImport needs unsafe code.")]
        public static extern int Advise(nint address, nint length, int advice);
    }
}
