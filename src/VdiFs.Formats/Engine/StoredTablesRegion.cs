using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Engine;

/// <summary>
/// The second level of a two-level table, of which only those tables are stored that have an entry: the L2 tables of a
/// QCOW2. They follow each other in disk order.
/// </summary>
/// <param name="pieces">The disk in the pieces that the format stores.</param>
/// <param name="tables">The same disk in the stretches that one table speaks for.</param>
/// <param name="code">How an entry is written.</param>
internal sealed class StoredTablesRegion(AllocationMap pieces, AllocationMap tables, PlaceCode code)
    : TableRegion(tables.AllocatedGranules * (tables.GranuleBytes / pieces.GranuleBytes), code.EntryBytes)
{
    private readonly int _entriesPerTable = tables.GranuleBytes / pieces.GranuleBytes;

    private protected override void WriteEntries(long firstEntry, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            (long rank, long within) = Math.DivRem(firstEntry, _entriesPerTable);
            int count = (int)Math.Min(destination.Length / code.EntryBytes, _entriesPerTable - within);
            Span<byte> ofTable = destination[..(count * code.EntryBytes)];
            code.WriteRun(pieces, tables.Select(rank) * _entriesPerTable + within, ofTable);
            destination = destination[ofTable.Length..];
            firstEntry += count;
        }
    }
}
