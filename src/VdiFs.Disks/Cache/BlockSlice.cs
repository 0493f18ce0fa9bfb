namespace VdiFs.Disks.Cache;

/// <summary>The part of one cache block that a range of a disk begins with.</summary>
internal readonly record struct BlockSlice(long BlockNumber, int Start, int Length)
{
    public static BlockSlice At(long diskOffset, int length)
    {
        int start = (int)(diskOffset % CacheBlock.SizeBytes);
        return new BlockSlice(
            diskOffset / CacheBlock.SizeBytes, start, Math.Min(length, CacheBlock.SizeBytes - start));
    }

    /// <summary>How many blocks a range touches.</summary>
    public static long BlocksIn(long diskOffset, long length) =>
        length == 0
            ? 0
            : ((diskOffset + length - 1) / CacheBlock.SizeBytes) - (diskOffset / CacheBlock.SizeBytes) + 1;
}
