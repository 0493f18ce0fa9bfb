using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vmdk;

/// <summary>
/// The grain tables of a streamOptimized VMDK that exist, each behind its marker, in disk order. An entry here is one of
/// a grain table or as many bytes of a marker.
/// </summary>
internal sealed class VmdkStreamTables(VmdkStreamShape shape)
    : TableRegion(shape.Tables.AllocatedGranules * EntriesPerTrailer, EntryBytes)
{
    private const int EntryBytes = sizeof(uint);
    private const int MarkerEntries = VmdkMarker.Size / EntryBytes;
    private const int EntriesPerTrailer = MarkerEntries + VmdkSparseShape.GrainTableEntries;

    private readonly byte[] _marker = Marker();

    private protected override void WriteEntries(long firstEntry, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            (long rank, long within) = Math.DivRem(firstEntry, EntriesPerTrailer);
            bool isMarker = within < MarkerEntries;
            long left = (isMarker ? MarkerEntries : EntriesPerTrailer) - within;
            int count = (int)Math.Min(destination.Length / EntryBytes, left);
            Span<byte> part = destination[..(count * EntryBytes)];
            if (isMarker)
            {
                _marker.AsSpan((int)within * EntryBytes, part.Length).CopyTo(part);
            }
            else
            {
                long firstGrain = shape.Tables.Select(rank) * VmdkSparseShape.GrainTableEntries;
                PlacesIn(rank).WriteRun(shape.Grains, firstGrain + within - MarkerEntries, part);
            }

            destination = destination[part.Length..];
            firstEntry += count;
        }
    }

    /// <summary>Grains of the table of this rank lie behind all the tables before it.</summary>
    private static PlaceCode PlacesIn(long rank) => new(
        EntryBytes,
        IsBigEndian: false,
        (ulong)(VmdkStreamShape.OverHead + (rank * VmdkStreamShape.TrailerSectors)),
        VmdkStreamGrain.RecordSectors);

    private static byte[] Marker()
    {
        byte[] marker = new byte[VmdkMarker.Size];
        new VmdkMarker(VmdkSparseShape.GrainTableSectors, VmdkMarkerType.GrainTable).Write(marker);
        return marker;
    }
}
