using System.Buffers.Binary;

namespace VdiFs.Formats.Vhdx;

/// <summary>An entry of the metadata table ([MS-VHDX] 2.6.1.2).</summary>
/// <param name="Id">ItemId.</param>
/// <param name="Offset">Offset, from the start of the metadata region.</param>
/// <param name="Length">Length.</param>
/// <param name="Flags">IsUser, IsVirtualDisk, IsRequired.</param>
internal readonly record struct VhdxMetadataEntry(Guid Id, uint Offset, uint Length, uint Flags)
{
    internal const int Size = 32;

    /// <summary>IsUser: the item is no part of the format.</summary>
    internal const uint User = 1;

    /// <summary>IsRequired: who does not know the item must not open the file.</summary>
    internal const uint Required = 4;

    /// <summary>IsRequired and IsVirtualDisk: it speaks of the disk, not of the file.</summary>
    internal const uint RequiredOfDisk = 6;

    internal static readonly Guid FileParameters = new("caa16737-fa36-4d43-b3b6-33f0aa44e76b");

    internal static readonly Guid VirtualDiskSize = new("2fa54224-cd1b-4876-b211-5dbed83bf4b8");

    internal static readonly Guid VirtualDiskId = new("beca12ab-b2e6-4523-93ef-c309e000c746");

    internal static readonly Guid LogicalSectorSize = new("8141bf1d-a96f-4709-ba47-f233a8faab5f");

    internal static readonly Guid PhysicalSectorSize = new("cda348c7-445d-4471-9cc9-e9885251c556");

    internal static readonly Guid ParentLocator = new("a8d35f2d-b30b-454d-abf7-d3d84834ab0c");

    /// <summary>Whether it is one of the items above.</summary>
    internal static bool IsKnown(Guid id) =>
        id == FileParameters || id == VirtualDiskSize || id == VirtualDiskId
        || id == LogicalSectorSize || id == PhysicalSectorSize || id == ParentLocator;

    internal static VhdxMetadataEntry Read(ReadOnlySpan<byte> source) => new(
        new Guid(source[..16]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[16..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[20..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[24..]));

    internal void Write(Span<byte> destination)
    {
        Id.TryWriteBytes(destination);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[16..], Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[20..], Length);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[24..], Flags);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[28..], 0);
    }
}
