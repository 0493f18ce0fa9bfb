using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vdi;

/// <summary>Whether the structures of a VDI are right.</summary>
/// <param name="file">Whose structures.</param>
/// <param name="header">Read, with numbers that make sense.</param>
/// <param name="map">In the file.</param>
internal sealed class VdiCheck(IImageBytes file, VdiHeader header, TableWindow map)
{
    private static readonly RecordField[] _fields =
    [
        new(VdiHeader.InfoOffset, VdiHeader.InfoBytes, "szFileInfo"),
        new(64, 4, "u32Signature"),
        new(68, 4, "u32Version"),
        new(72, 4, "cbHeader"),
        new(76, 4, "u32Type"),
        new(80, 4, "fFlags"),
        new(VdiHeader.CommentOffset, VdiHeader.CommentBytes, "szComment"),
        new(340, 4, "offBlocks"),
        new(344, 4, "offData"),
        new(348, 16, "LegacyGeometry"),
        new(368, 8, "cbDisk"),
        new(376, 4, "cbBlock"),
        new(380, 4, "cbBlockExtra"),
        new(384, 4, "cBlocks"),
        new(388, 4, "cBlocksAllocated"),
        new(392, 16, "uuidCreate"),
        new(408, 16, "uuidModify"),
        new(424, 16, "uuidLinkage"),
        new(440, 16, "uuidParentModify"),
        new(456, 16, "LCHSGeometry"),
    ];

    // A version of RFC 9562 that says: a hash of the maker's own.
    private const int DerivedIdVersion = 8;

    /// <summary>Whether it is exactly as this product writes it.</summary>
    internal IEnumerable<ImageFault> RunStrict() =>
        CheckHeader()
            .Concat(CheckIds(isDerived: true))
            .Concat(CheckOrder())
            .Concat(CheckPadding());

    /// <summary>Whether it is as VirtualBox understands it.</summary>
    internal IEnumerable<ImageFault> RunForeign()
    {
        foreach (ImageFault fault in CheckIds(isDerived: false))
        {
            yield return fault;
        }

        ClaimedSpace space = new(file.Name, file.Length);
        foreach ((long offset, long length, string what) in new[]
        {
            (0, VdiHeader.Size, "header"),
            (map.FileOffset, map.Count * VdiLayout.MapEntryBytes, "map"),
        })
        {
            if (space.Claim(offset, length, what) is { } fault)
            {
                yield return fault;
            }
        }

        foreach (ImageFault fault in CheckPlaces(space))
        {
            yield return fault;
        }
    }

    private IEnumerable<ImageFault> CheckPlaces(ClaimedSpace space)
    {
        if (header.DataOffset % Sector.Bytes != 0)
        {
            yield return Fault(344, "header, offData", "the start of a sector", $"{header.DataOffset}");
        }

        long stored = 0;
        for (long index = 0; index < map.Count; index++)
        {
            uint entry = (uint)map[index];
            if (entry >= VdiReader.Zero)
            {
                continue;
            }

            stored++;
            long offset = header.DataOffset + entry * (long)header.DataBlockBytes;
            // The disk's last block may be cut where the disk ends.
            long needed = Math.Clamp(
                (long)header.DiskLength - index * header.DataBlockBytes, 1, header.DataBlockBytes);
            long length = Math.Clamp(file.Length - offset, needed, header.DataBlockBytes);
            if (space.Claim(offset, length, $"block {index}, map entry {entry}") is { } fault)
            {
                yield return fault;
            }
        }

        if (stored != header.StoredBlocks)
        {
            yield return Fault(388, "header, cBlocksAllocated", $"{stored}", $"{header.StoredBlocks}");
        }
    }

    private IEnumerable<ImageFault> CheckHeader()
    {
        long mapEntries = Sector.DivideUp((long)header.DiskLength, VdiLayout.DataBlockBytes);
        long stored = 0;
        for (long index = 0; index < map.Count; index++)
        {
            stored += (uint)map[index] < VdiReader.Zero ? 1 : 0;
        }

        byte[] expected = new byte[VdiHeader.Size];
        VdiHeader right = new()
        {
            ImageType = header.ImageType == VdiImageType.Differencing
                ? VdiImageType.Differencing
                : VdiImageType.Dynamic,
            MapOffset = VdiLayout.MapOffset,
            DataOffset = (uint)Math.Min(VdiLayout.DataOffset(mapEntries), uint.MaxValue),
            DiskLength = (ulong)Sector.RoundUp((long)header.DiskLength, Sector.Bytes),
            DataBlockBytes = VdiLayout.DataBlockBytes,
            MapEntries = (uint)Math.Min(mapEntries, uint.MaxValue),
            StoredBlocks = (uint)stored,
            ImageId = header.ImageId,
            ModificationId = header.ModificationId,
            ParentImageId = header.ParentImageId,
            ParentModificationId = header.ParentModificationId,
        };
        right.Write(expected);
        byte[] found = new byte[VdiHeader.Size];
        file.Read(0, found);
        return RecordField.Compare(file, 0, "header", _fields, expected, found);
    }

    private IEnumerable<ImageFault> CheckIds(bool isDerived)
    {
        bool isDelta = header.ImageType == VdiImageType.Differencing;
        foreach ((int offset, string name, Guid id, bool isThere) in new[]
        {
            (392, "uuidCreate", header.ImageId, true),
            (408, "uuidModify", header.ModificationId, isDerived),
            (424, "uuidLinkage", header.ParentImageId, isDelta),
            (440, "uuidParentModify", header.ParentModificationId, isDelta),
        })
        {
            if (isThere && id == Guid.Empty)
            {
                yield return Fault(offset, $"header, {name}", "an id", $"{id}");
            }
            else if (isThere && isDerived && id.Version != DerivedIdVersion)
            {
                yield return Fault(offset, $"header, {name}", $"an id of version {DerivedIdVersion}", $"{id}");
            }
            else if (!isThere && isDerived && id != Guid.Empty)
            {
                yield return Fault(offset, $"header, {name}", $"{Guid.Empty}: there is no parent", $"{id}");
            }
        }
    }

    /// <summary>The map, where every stored block is the next one, and the file's end behind the last.</summary>
    private IEnumerable<ImageFault> CheckOrder()
    {
        uint next = 0;
        for (long index = 0; index < map.Count; index++)
        {
            uint entry = (uint)map[index];
            if (entry != VdiReader.Free && entry != next)
            {
                yield return Fault(
                    map.OffsetOf(index), $"map entry {index}", $"{next}, or 0x{VdiReader.Free:x}", $"{entry}");
            }

            next += entry < VdiReader.Zero ? 1u : 0;
        }

        long length = header.DataOffset + next * (long)header.DataBlockBytes;
        if (file.Length != length)
        {
            yield return Fault(
                Math.Min(length, file.Length), "end of the file", $"{length} bytes", $"{file.Length} bytes");
        }
    }

    private IEnumerable<ImageFault> CheckPadding()
    {
        long mapEnd = map.FileOffset + map.Count * VdiLayout.MapEntryBytes;
        long dataOffset = Math.Min(header.DataOffset, file.Length);
        if (mapEnd < dataOffset
            && FixedBytes.Find(file, mapEnd, dataOffset - mapEnd, 0, "padding behind the map") is { } behindMap)
        {
            yield return behindMap;
        }

        // If the disk's last block is stored, then at the end of the file.
        long rest = (long)header.DiskLength % header.DataBlockBytes;
        long padding = header.DataBlockBytes - rest;
        if (rest != 0
            && map.Count > 0
            && (uint)map[map.Count - 1] < VdiReader.Zero
            && file.Length - dataOffset >= padding
            && FixedBytes.Find(file, file.Length - padding, padding, 0, "padding behind the end of the disk")
                is { } behindDisk)
        {
            yield return behindDisk;
        }
    }

    private ImageFault Fault(long offset, string what, string expected, string found) =>
        new(file.Name, offset, what, expected, found);
}
