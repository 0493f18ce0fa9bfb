using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace VdiFs.Disks.Cache;

/// <summary>Memory for cache blocks: taken for many at once, and given back block by block.</summary>
/// <remarks>What nobody has touched costs address space alone. Huge pages are not asked for: on a virtual machine that
/// gives free memory back to its host, those are the ones that the host has to find first, and the first touch of one
/// keeps a reader waiting for milliseconds.</remarks>
internal static class BlockMemory
{
    private const int DontNeed = 4; // MADV_DONTNEED
    private const int PopulateWrite = 23; // MADV_POPULATE_WRITE, Linux 5.14 and later

    /// <summary>Untouched memory for a number of neighbouring blocks, each at a multiple of its size, which is one of
    /// the page size too.</summary>
    public static Memory<byte> Allocate(int blocks)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>((blocks + 1) * CacheBlock.SizeBytes, pinned: true);
        int start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(bytes, 0) & (CacheBlock.SizeBytes - 1));
        return bytes.AsMemory(start, blocks * CacheBlock.SizeBytes);
    }

    /// <summary>Where memory of <see cref="Allocate"/> is.</summary>
    public static nint AddressOf(Memory<byte> memory)
    {
        _ = MemoryMarshal.TryGetArray(memory, out ArraySegment<byte> segment);
        return Marshal.UnsafeAddrOfPinnedArrayElement(segment.Array!, segment.Offset);
    }

    /// <summary>Finds pages for a block that has none, all at once: a fault for each, in the middle of a receive, costs
    /// half as much again.</summary>
    public static void Populate(Memory<byte> memory)
    {
        // A kernel that does not know the word, or has no page now, leaves it to the first touch.
        if (OperatingSystem.IsLinux())
        {
            _ = Native.Advise(AddressOf(memory), memory.Length, PopulateWrite);
        }
    }

    /// <summary>Gives the pages of some blocks back to the system; the memory may be used again, and is zeros until
    /// then.</summary>
    public static void Discard(Memory<byte> memory)
    {
        // A kernel that refuses keeps the pages: that costs memory but breaks nothing.
        if (OperatingSystem.IsLinux())
        {
            _ = Native.Advise(AddressOf(memory), memory.Length, DontNeed);
        }
    }

    private static class Native
    {
        [DllImport("libc", EntryPoint = "madvise")]
        [SuppressMessage("Interoperability", "SYSLIB1054", Justification = "LibraryImport needs unsafe code.")]
        public static extern int Advise(nint address, nint length, int advice);
    }
}
