using VdiFs.Formats.Allocation;
using VdiFs.Formats.Engine;

namespace VdiFs.Formats.Vhd;

/// <summary>Dynamic and differencing VHD (<see cref="VhdPlaces"/>). All integers are big-endian.</summary>
internal static class VhdDynamicLayout
{
    /// <param name="uniqueId">The image's own uuid.</param>
    /// <param name="time">For the time stamp.</param>
    /// <param name="map">What is on the disk.</param>
    /// <param name="stored">What the image holds: what is allocated, or what differs from the parent.</param>
    /// <param name="isPacked">Whether the blocks follow each other without padding.</param>
    /// <param name="parent">For a differencing image.</param>
    internal static ImageLayout Create(
        Guid uniqueId,
        DateTimeOffset time,
        AllocationMap map,
        AllocationMap stored,
        bool isPacked,
        VhdParentReference? parent = null)
    {
        AllocationMap blocks = stored.WithGranule(VhdPlaces.DataBlockBytes);
        VhdPlaces places = new(blocks.GranuleCount, parent is not null, isPacked);
        byte[] footer = Footer(uniqueId, time, map.DiskLength, parent is not null);
        byte[] sectorBitmap = new byte[VhdPlaces.SectorBitmapBytes];
        sectorBitmap.AsSpan().Fill(0xFF);
        List<RecordPart> record =
            [RecordPart.Constant(sectorBitmap), RecordPart.Data(0, VhdPlaces.DataBlockBytes)];
        if (!isPacked)
        {
            record.Add(RecordPart.Zeros(places.RecordPadding));
        }

        return new RegionLayout(
        [
            new ConstantRegion(footer),
            new ConstantRegion(Header(places, parent)),
            new PieceTableRegion(
                blocks,
                places.TableBytes / VhdPlaces.TableEntryBytes,
                new PlaceCode(
                    VhdPlaces.TableEntryBytes,
                    IsBigEndian: true,
                    (ulong)places.FirstBitmap / Sector.Bytes,
                    (ulong)places.RecordStride / Sector.Bytes,
                    EmptyByte: 0xFF)),
            new ConstantRegion(ParentNameSector(parent)),
            new ZeroRegion(blocks.AllocatedGranules == 0 ? 0 : places.FirstBitmap - places.FrontEnd),
            new RecordRegion(new SparseDisk(map), blocks, isLastPadded: false, [.. record]),
            new ConstantRegion(footer),
        ]);
    }

    /// <summary>The header of an image with these places; the checker expects the same.</summary>
    internal static byte[] Header(VhdPlaces places, VhdParentReference? parent)
    {
        byte[] bytes = new byte[VhdDynamicHeader.Size];
        VhdDynamicHeader header = new(
            VhdPlaces.TableOffset, (uint)places.BlockCount, VhdPlaces.DataBlockBytes, parent);
        if (parent is { } of)
        {
            uint length = (uint)VhdParentLocator.EncodeName(of.Name).Length;
            header.Write(
                bytes,
                new VhdParentLocator(VhdParentLocator.RelativeWindowsPath, 1, length, (ulong)places.TableEnd));
        }
        else
        {
            header.Write(bytes);
        }

        return bytes;
    }

    /// <summary>The sector that the parent locator refers to; nothing without a parent.</summary>
    internal static byte[] ParentNameSector(VhdParentReference? parent)
    {
        if (parent is not { } of)
        {
            return [];
        }

        byte[] sector = new byte[Sector.Bytes];
        VhdParentLocator.EncodeName(of.Name).CopyTo(sector, 0);
        return sector;
    }

    internal static byte[] Footer(Guid uniqueId, DateTimeOffset time, long diskLength, bool hasParent)
    {
        long sectors = Sector.Count(diskLength);
        byte[] bytes = new byte[VhdFooter.Size];
        new VhdFooter(
            VhdFooter.Size,
            VhdFooter.TimestampOf(time),
            (ulong)(sectors * Sector.Bytes),
            VhdGeometry.For(sectors),
            hasParent ? VhdDiskType.Differencing : VhdDiskType.Dynamic,
            uniqueId).Write(bytes);
        return bytes;
    }
}
