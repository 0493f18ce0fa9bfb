using VdiFs.Disks.Cache;

namespace VdiFs.Disks.Store;

/// <summary>A block that waits to be written.</summary>
/// <param name="Key">Which content it is of.</param>
/// <param name="Index">Told where it is kept.</param>
/// <param name="BlockNumber">Its number on its disk.</param>
/// <param name="Length">How many of its bytes are the disk's.</param>
/// <param name="Block">The block, with a reference that belongs to whoever has this.</param>
internal sealed record QueuedBlock(ContentKey Key, BlockIndex Index, long BlockNumber, int Length, CacheBlock Block)
{
    /// <summary>Its bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => Block.Memory[..Length];
}
