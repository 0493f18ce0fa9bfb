namespace VdiFs.Nbd.Pool;

/// <summary>A range of the disk whose ends are multiples of the minimum block size, or the end of the disk.</summary>
/// <param name="Offset">Disk offset in bytes.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct BlockRange(long Offset, long Length)
{
    /// <summary>Disk offset behind the last byte.</summary>
    public long End => Offset + Length;

    /// <summary>The smallest such range around another one.</summary>
    public static BlockRange Around(long offset, long length, NbdExport export)
    {
        long mask = export.MinimumBlockSize - 1L;
        long start = offset & ~mask;
        long end = offset + length;
        long excess = end & mask;

        // Written as a difference: the end of the disk may be less than a block from the end of the numbers.
        long missing = excess == 0 ? 0 : Math.Min(export.MinimumBlockSize - excess, export.Length - end);
        return new BlockRange(start, end + missing - start);
    }
}
