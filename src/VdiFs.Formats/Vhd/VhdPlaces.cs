namespace VdiFs.Formats.Vhd;

/// <summary>
/// Where the parts of a dynamic or differencing VHD of ours are: footer copy | dynamic header | block allocation table
/// | parent's name | pad | (sector bitmap | data block | pad) per stored block | footer.
/// </summary>
/// <param name="BlockCount">Data blocks of the disk.</param>
/// <param name="HasParent">Whether there is a sector with the parent's name.</param>
/// <param name="IsPacked">Whether the blocks follow each other without padding.</param>
internal readonly record struct VhdPlaces(long BlockCount, bool HasParent, bool IsPacked)
{
    /// <summary>The only size of data block that every reader takes.</summary>
    internal const int DataBlockBytes = 2 * 1024 * 1024;

    /// <summary>One bit per sector of a data block.</summary>
    internal const int SectorBitmapBytes = DataBlockBytes / Sector.Bytes / 8;

    internal const int TableEntryBytes = sizeof(uint);

    internal const int TableOffset = VhdFooter.Size + VhdDynamicHeader.Size;

    // Data starts on a page of the file: the page cache, sparse copies and deduplication all gain by it.
    private const int DataAlignment = 4096;

    internal long TableBytes => Sector.RoundUp(BlockCount * TableEntryBytes, Sector.Bytes);

    internal long TableEnd => TableOffset + TableBytes;

    /// <summary>What comes before the first block, without padding.</summary>
    internal long FrontEnd => TableEnd + (HasParent ? Sector.Bytes : 0);

    internal long FirstBitmap => IsPacked
        ? FrontEnd
        : Sector.RoundUp(FrontEnd + SectorBitmapBytes, DataAlignment) - SectorBitmapBytes;

    /// <summary>Zeros behind each data block but the last.</summary>
    internal int RecordPadding => IsPacked ? 0 : DataAlignment - SectorBitmapBytes;

    internal long RecordStride => SectorBitmapBytes + DataBlockBytes + RecordPadding;

    /// <summary>Where the end footer is. Forward-only readers expect it right behind the last block, or behind all that
    /// comes before the blocks when there is none.</summary>
    internal long FooterOffset(long storedBlocks) => storedBlocks == 0
        ? FrontEnd
        : FirstBitmap + storedBlocks * RecordStride - RecordPadding;
}
