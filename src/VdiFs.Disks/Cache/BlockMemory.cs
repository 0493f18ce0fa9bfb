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
