namespace VdiFs.Fuse;

/// <summary>What statfs(2) shows of the mount.</summary>
/// <param name="TotalBlocks">Size in blocks of <see cref="BlockSizeBytes"/>.</param>
/// <param name="FreeBlocks">Free blocks; 0 for a read-only mount that takes nothing.</param>
/// <param name="Files">Number of files.</param>
public readonly record struct FuseStatistics(long TotalBlocks, long FreeBlocks, long Files)
{
    /// <summary>The unit of both block counts, in bytes (f_bsize and f_frsize).</summary>
    public const int BlockSizeBytes = 4096;
}
