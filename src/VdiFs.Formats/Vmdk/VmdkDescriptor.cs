using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace VdiFs.Formats.Vmdk;

/// <summary>
/// The text that describes the disk (VMware Virtual Disks 5.0, The Descriptor File). Its lines must not be indented,
/// and the extent must name the very file it is in: libvmdk opens that name.
/// </summary>
internal static class VmdkDescriptor
{
    private const int Heads = 255;
    private const int SectorsPerTrack = 63;
    private const int LongContentIdBytes = 16;

    // CID_NOPARENT; and one that some tools write for a disk that changed since.
    private const uint FirstReservedContentId = 0xFFFFFFFE;

    internal static string Create(DiskIdentity identity, long capacity, string formatName, string extentName)
    {
        Span<byte> longContentId = stackalloc byte[LongContentIdBytes];
        DerivedId.Fill(identity, formatName, "content", longContentId);
        Span<byte> tail = longContentId[^sizeof(uint)..];
        uint contentId = ContentId(BinaryPrimitives.ReadUInt32BigEndian(tail));
        // By custom the long id ends with the short one.
        BinaryPrimitives.WriteUInt32BigEndian(tail, contentId);

        StringBuilder text = new();
        Line($"# Disk DescriptorFile");
        Line($"version=1");
        Line($"CID={contentId:x8}");
        Line($"parentCID=ffffffff");
        Line($"createType=\"monolithicSparse\"");
        Line($"");
        Line($"# Extent description");
        Line($"RW {capacity} SPARSE \"{extentName}\"");
        Line($"");
        Line($"# The Disk Data Base");
        Line($"#DDB");
        Line($"");
        Line($"ddb.virtualHWVersion = \"4\"");
        Line($"ddb.adapterType = \"lsilogic\"");
        Line($"ddb.geometry.cylinders = \"{Math.Max(1, capacity / (Heads * SectorsPerTrack))}\"");
        Line($"ddb.geometry.heads = \"{Heads}\"");
        Line($"ddb.geometry.sectors = \"{SectorsPerTrack}\"");
        Line($"ddb.longContentID = \"{Convert.ToHexStringLower(longContentId)}\"");
        Line($"ddb.uuid.image = \"{DerivedId.Uuid(identity, formatName, "image")}\"");
        Line($"ddb.uuid.modification = \"{DerivedId.Uuid(identity, formatName, "modification")}\"");
        Line($"ddb.uuid.parent = \"{Guid.Empty}\"");
        Line($"ddb.uuid.parentmodification = \"{Guid.Empty}\"");
        return text.ToString();

        void Line(FormattableString line) =>
            text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    /// <summary>A content id that is not one of the reserved ones.</summary>
    internal static uint ContentId(uint hash) => hash >= FirstReservedContentId ? hash - 2 : hash;
}
