using System.Text;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vmdk;

/// <summary>
/// header | descriptor | pad | per grain table that has a grain: its grains, then marker and table | marker, grain
/// directory | marker, footer | end of the stream. What importers read front to back, as a virtual appliance has it.
/// </summary>
internal static class VmdkStreamLayout
{
    internal static RegionLayout Create(AllocationMap map, VmdkDescriptor descriptor)
    {
        VmdkStreamShape shape = new(map.WithGranule(VmdkStreamGrain.GrainBytes));
        long capacity = Sector.Count(map.DiskLength);
        VmdkSparseHeader header = new(
            (ulong)capacity,
            VmdkStreamGrain.GrainBytes / Sector.Bytes,
            VmdkSparseShape.DescriptorOffset,
            VmdkSparseShape.DescriptorSectors,
            VmdkSparseShape.GrainTableEntries,
            RedundantGrainDirectoryOffset: 0,
            VmdkSparseHeader.GrainDirectoryAtEnd,
            (ulong)VmdkStreamShape.OverHead)
        {
            Version = VmdkSparseHeader.StreamVersion,
            Flags = VmdkSparseHeader.StreamFlags,
            CompressAlgorithm = VmdkSparseHeader.Deflate,
        };
        byte[] front = new byte[VmdkStreamShape.OverHead * Sector.Bytes];
        header.Write(front);
        Encoding.ASCII.GetBytes(descriptor.ToText(), front.AsSpan(VmdkSparseShape.DescriptorOffset * Sector.Bytes));

        RecordRegion grains = new(
            new SparseDisk(map),
            shape.Grains,
            isLastPadded: true,
            RecordPart.Generated(VmdkStreamGrain.FrontBytes, VmdkStreamGrain.WriteFront),
            RecordPart.Data(0, VmdkStreamGrain.BlockBytes),
            RecordPart.Constant(VmdkStreamGrain.LastBlockHeader.ToArray()),
            RecordPart.Data(VmdkStreamGrain.BlockBytes, VmdkStreamGrain.BlockBytes),
            RecordPart.Derived(VmdkStreamGrain.ChecksumBytes, VmdkStreamGrain.WriteChecksum),
            RecordPart.Zeros(VmdkStreamGrain.PaddingBytes));
        byte[] directoryMarker = new byte[VmdkMarker.Size];
        new VmdkMarker((ulong)shape.DirectorySectors, VmdkMarkerType.GrainDirectory).Write(directoryMarker);
        return new RegionLayout(
        [
            new ConstantRegion(front),
            new GroupedRecordsRegion(grains, new VmdkStreamTables(shape), shape.Grains, shape.Tables),
            new ConstantRegion(directoryMarker),
            new VmdkStreamDirectory(shape),
            new ConstantRegion(End(header with { GrainDirectoryOffset = (ulong)shape.DirectorySector })),
        ]);
    }

    /// <summary>The footer behind its marker, and the end of the stream: a marker of zeros.</summary>
    private static byte[] End(VmdkSparseHeader footer)
    {
        byte[] end = new byte[VmdkMarker.Size + VmdkSparseHeader.Size + VmdkMarker.Size];
        new VmdkMarker(VmdkSparseHeader.Size / Sector.Bytes, VmdkMarkerType.Footer).Write(end);
        footer.Write(end.AsSpan(VmdkMarker.Size));
        return end;
    }
}
