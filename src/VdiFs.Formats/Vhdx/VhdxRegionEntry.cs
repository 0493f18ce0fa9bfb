using System.Buffers.Binary;

namespace VdiFs.Formats.Vhdx;

/// <summary>An entry of the region table ([MS-VHDX] 2.2.3.2).</summary>
/// <param name="Id">Guid: which region.</param>
/// <param name="FileOffset">FileOffset, a multiple of 1 MiB.</param>
/// <param name="Length">Length, a multiple of 1 MiB.</param>
/// <param name="Flags">Bit 0, Required: who does not know the region must not open the file.</param>
internal readonly record struct VhdxRegionEntry(Guid Id, ulong FileOffset, uint Length, uint Flags)
{
    internal const int Size = 32;

    /// <summary>Bit 0 of the flags.</summary>
    internal const uint Required = 1;

    internal static readonly Guid BlockAllocationTable = new("2dc27766-f623-4200-9d64-115e9bfd4a08");

    internal static readonly Guid Metadata = new("8b7ca206-4790-4b9a-b8fe-575f050f886e");

    internal static VhdxRegionEntry Read(ReadOnlySpan<byte> source) => new(
        new Guid(source[..16]),
        BinaryPrimitives.ReadUInt64LittleEndian(source[16..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[24..]),
        BinaryPrimitives.ReadUInt32LittleEndian(source[28..]));

    internal void Write(Span<byte> destination)
    {
        Id.TryWriteBytes(destination);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], FileOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[24..], Length);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[28..], Flags);
    }
}
