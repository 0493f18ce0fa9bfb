using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhd;

/// <summary>Whether the dynamic header of a VHD is right, and the parent the one that it means.</summary>
internal static class VhdHeaderCheck
{
    private const string Record = "dynamic header";
    private const int ChecksumOffset = 36;
    private const int ParentIdOffset = 40;
    private const int ParentTimestampOffset = 56;
    private const int ParentNameOffset = 64;

    private static readonly RecordField[] Fields =
    [
        new(0, 8, "cookie"),
        new(8, 8, "data offset"),
        new(16, 8, "table offset"),
        new(24, 4, "header version"),
        new(28, 4, "max table entries"),
        new(32, 4, "block size"),
        new(ChecksumOffset, 4, "checksum"),
        new(ParentIdOffset, 16, "parent unique id"),
        new(ParentTimestampOffset, 4, "parent time stamp"),
        new(ParentNameOffset, 512, "parent unicode name"),
        .. Enumerable.Range(0, VhdParentLocator.Count).Select(index => new RecordField(
            VhdDynamicHeader.LocatorsOffset + index * VhdParentLocator.Size,
            VhdParentLocator.Size,
            $"parent locator entry {index + 1}")),
    ];

    internal static IEnumerable<ImageFault> Run(
        VhdRecords records, VhdDynamicHeader header, VhdPlaces places, ImageReader? parent, CheckOptions options)
    {
        IEnumerable<ImageFault> faults = options.AcceptForeign ? [] : CheckOurs(records, header, places);
        return parent is null ? faults : faults.Concat(CheckParent(records, header, parent, options));
    }

    private static IEnumerable<ImageFault> CheckOurs(VhdRecords records, VhdDynamicHeader header, VhdPlaces places)
    {
        VhdParentReference? reference = records.IsDifferencing ? header.Parent : null;
        if (reference is { } of && VhdParentLocator.EncodeName(of.Name).Length > Sector.Bytes)
        {
            return [Fault(records, ParentNameOffset, "parent unicode name", "one that a sector holds", of.Name)];
        }

        byte[] expected = VhdDynamicLayout.Header(places, reference);
        records.HeaderBytes.AsSpan(ChecksumOffset, VhdChecksum.Size).CopyTo(expected.AsSpan(ChecksumOffset));
        IEnumerable<ImageFault> faults = RecordField.Compare(
            records.File, (long)records.Footer.DataOffset, Record, Fields, expected, records.HeaderBytes);
        return reference is null || places.FrontEnd > records.File.Length
            ? faults
            : faults.Concat(CheckNameSector(records, places, reference));
    }

    private static IEnumerable<ImageFault> CheckNameSector(
        VhdRecords records, VhdPlaces places, VhdParentReference? reference)
    {
        byte[] expected = VhdDynamicLayout.ParentNameSector(reference);
        byte[] found = new byte[expected.Length];
        records.File.Read(places.TableEnd, found);
        return RecordField.Compare(records.File, places.TableEnd, "parent locator", [], expected, found);
    }

    private static IEnumerable<ImageFault> CheckParent(
        VhdRecords records, VhdDynamicHeader header, ImageReader parent, CheckOptions options)
    {
        if (parent is not IVhdImage vhd)
        {
            yield return Fault(records, ParentIdOffset, "parent", "a VHD", $"a {parent.FormatName} image");
            yield break;
        }

        Guid parentId = header.Parent?.UniqueId ?? Guid.Empty;
        if (parentId != vhd.UniqueId)
        {
            yield return Fault(
                records, ParentIdOffset, "parent unique id", $"{vhd.UniqueId} as in the parent", $"{parentId}");
        }

        if (parentId == records.Footer.UniqueId)
        {
            yield return Fault(records, ParentIdOffset, "parent unique id", "any but its own", $"{parentId}");
        }

        if (!options.AcceptForeign && header.Parent?.Timestamp != vhd.Timestamp)
        {
            yield return Fault(
                records,
                ParentTimestampOffset,
                "parent time stamp",
                $"{vhd.Timestamp} as in the parent",
                $"{header.Parent?.Timestamp}");
        }

        if (!options.AcceptForeign && parent.DiskLength != records.DiskLength)
        {
            yield return Fault(
                records,
                ParentIdOffset,
                "parent",
                $"a disk of {records.DiskLength} bytes",
                $"one of {parent.DiskLength} bytes");
        }
    }

    private static ImageFault Fault(VhdRecords records, int offset, string field, string expected, string found) =>
        new(records.File.Name, (long)records.Footer.DataOffset + offset, $"{Record}, {field}", expected, found);
}
