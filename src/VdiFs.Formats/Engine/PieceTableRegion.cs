using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Engine;

/// <summary>
/// The table that says where in the file each piece of the disk starts: the BAT of a VHD, the grain tables of a VMDK, the
/// map of a VDI.
/// </summary>
/// <param name="pieces">The disk in the pieces that the format stores: one entry each.</param>
/// <param name="entryCount">Entries with their padding (empty ones), at least the number of pieces.</param>
/// <param name="code">How an entry is written.</param>
internal sealed class PieceTableRegion(AllocationMap pieces, long entryCount, PlaceCode code)
    : TableRegion(entryCount, code.EntryBytes)
{
    private protected override void WriteEntries(long firstEntry, Span<byte> destination) =>
        code.WriteRun(pieces, firstEntry, destination);
}
