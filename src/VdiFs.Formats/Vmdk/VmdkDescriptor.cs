using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace VdiFs.Formats.Vmdk;

/// <summary>
/// The text that describes the disk (VMware Virtual Disks 5.0, The Descriptor File). Its lines must not be indented,
/// and the extent must name the very file it is in: libvmdk opens that name.
/// </summary>
internal sealed record VmdkDescriptor
{
    /// <summary>CID_NOPARENT.</summary>
    internal const uint NoParent = 0xFFFFFFFF;

    private const int Heads = 255;
    private const int SectorsPerTrack = 63;
    private const int LongContentIdBytes = 16;

    // CID_NOPARENT; and one that some tools write for a disk that changed since.
    private const uint FirstReservedContentId = 0xFFFFFFFE;

    /// <summary>CID: changes with the content, and children refer to it.</summary>
    public required uint ContentId { get; init; }

    /// <summary>parentCID: the parent's content id.</summary>
    public uint ParentContentId { get; init; } = NoParent;

    /// <summary>createType.</summary>
    public required string CreateType { get; init; }

    /// <summary>parentFileNameHint; null without a parent.</summary>
    public string? ParentFileName { get; init; }

    /// <summary>The only extent: what this room writes, and all that it reads.</summary>
    public required VmdkExtent Extent { get; init; }

    /// <summary>ddb.longContentID.</summary>
    public required string LongContentId { get; init; }

    /// <summary>ddb.uuid.image.</summary>
    public required Guid Image { get; init; }

    /// <summary>ddb.uuid.modification.</summary>
    public required Guid Modification { get; init; }

    /// <summary>ddb.uuid.parent.</summary>
    public Guid Parent { get; init; }

    /// <summary>ddb.uuid.parentmodification.</summary>
    public Guid ParentModification { get; init; }

    /// <summary>The descriptor of a disk that stands alone. All ids are hashes.</summary>
    internal static VmdkDescriptor Of(DiskIdentity identity, string formatName, string createType, VmdkExtent extent)
    {
        Span<byte> longContentId = stackalloc byte[LongContentIdBytes];
        uint contentId = ContentIdOf(identity, formatName, longContentId);
        return new VmdkDescriptor
        {
            ContentId = contentId,
            CreateType = createType,
            Extent = extent,
            LongContentId = Convert.ToHexStringLower(longContentId),
            Image = DerivedId.Uuid(identity, formatName, "image"),
            Modification = DerivedId.Uuid(identity, formatName, "modification"),
        };
    }

    /// <summary>The descriptor of a sparse file of either kind.</summary>
    internal static VmdkDescriptor OfSparse(
        DiskIdentity identity, string formatName, string createType, long diskLength, string fileName) =>
        Of(identity, formatName, createType, VmdkExtent.Sparse(Sector.Count(diskLength), fileName));

    /// <summary>The same descriptor on top of a parent, which was written by this room.</summary>
    internal VmdkDescriptor WithParent(ParentImage parent) => this with
    {
        ParentContentId = ContentIdOf(parent.Identity, parent.Format.Name, stackalloc byte[LongContentIdBytes]),
        ParentFileName = parent.FileName,
        Parent = DerivedId.Uuid(parent.Identity, parent.Format.Name, "image"),
        ParentModification = DerivedId.Uuid(parent.Identity, parent.Format.Name, "modification"),
    };

    /// <summary>The text, byte for byte as this room writes it.</summary>
    internal string ToText()
    {
        StringBuilder text = new();
        Line($"# Disk DescriptorFile");
        Line($"version=1");
        Line($"CID={ContentId:x8}");
        Line($"parentCID={ParentContentId:x8}");
        Line($"createType=\"{CreateType}\"");
        if (ParentFileName is not null)
        {
            Line($"parentFileNameHint=\"{ParentFileName}\"");
        }

        Line($"");
        Line($"# Extent description");
        Line($"RW {Extent.Sectors} {Extent.Type} \"{Extent.FileName}\"{FirstSector(Extent)}");
        Line($"");
        Line($"# The Disk Data Base");
        Line($"#DDB");
        Line($"");
        Line($"ddb.virtualHWVersion = \"4\"");
        Line($"ddb.adapterType = \"lsilogic\"");
        Line($"ddb.geometry.cylinders = \"{Math.Max(1, Extent.Sectors / (Heads * SectorsPerTrack))}\"");
        Line($"ddb.geometry.heads = \"{Heads}\"");
        Line($"ddb.geometry.sectors = \"{SectorsPerTrack}\"");
        Line($"ddb.longContentID = \"{LongContentId}\"");
        Line($"ddb.uuid.image = \"{Image}\"");
        Line($"ddb.uuid.modification = \"{Modification}\"");
        Line($"ddb.uuid.parent = \"{Parent}\"");
        Line($"ddb.uuid.parentmodification = \"{ParentModification}\"");
        return text.ToString();

        void Line(FormattableString line) =>
            text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    /// <summary>A content id that is not one of the reserved ones.</summary>
    internal static uint ContentIdOf(uint hash) => hash >= FirstReservedContentId ? hash - 2 : hash;

    private static string FirstSector(VmdkExtent extent) =>
        extent.FirstSector is { } sector ? string.Create(CultureInfo.InvariantCulture, $" {sector}") : "";

    private static uint ContentIdOf(DiskIdentity identity, string formatName, Span<byte> longContentId)
    {
        DerivedId.Fill(identity, formatName, "content", longContentId);
        Span<byte> tail = longContentId[^sizeof(uint)..];
        uint contentId = ContentIdOf(BinaryPrimitives.ReadUInt32BigEndian(tail));
        // By custom the long id ends with the short one.
        BinaryPrimitives.WriteUInt32BigEndian(tail, contentId);
        return contentId;
    }
}
