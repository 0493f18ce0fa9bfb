using System.Buffers.Binary;

namespace VdiFs.Formats.Vhdx;

/// <summary>One of the two headers ([MS-VHDX] 2.2.2); the valid one with the greater sequence number counts.</summary>
/// <param name="SequenceNumber">SequenceNumber.</param>
/// <param name="FileWriteGuid">FileWriteGuid: changes before the file is written to.</param>
/// <param name="DataWriteGuid">DataWriteGuid: changes before the disk is; a child names its parent by it.</param>
/// <param name="LogGuid">LogGuid: empty when there is nothing to replay.</param>
/// <param name="LogVersion">LogVersion: 0.</param>
/// <param name="LogLength">LogLength.</param>
/// <param name="LogOffset">LogOffset.</param>
internal readonly record struct VhdxHeader(
    ulong SequenceNumber,
    Guid FileWriteGuid,
    Guid DataWriteGuid,
    Guid LogGuid,
    ushort LogVersion,
    uint LogLength,
    ulong LogOffset)
{
    internal const int Size = 4096;

    private const ushort FormatVersion = 1;

    private static ReadOnlySpan<byte> Signature => "head"u8;

    /// <exception cref="ImageFormatException">Signature, checksum or version are wrong.</exception>
    internal static VhdxHeader Read(ReadOnlySpan<byte> source)
    {
        source = source[..Size];
        VhdxChecksum.Verify(source, Signature, "header");
        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(source[66..]);
        if (version != FormatVersion)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"The VHDX header has version {version}; expected {FormatVersion}.");
        }

        return new VhdxHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(source[8..]),
            new Guid(source.Slice(16, 16)),
            new Guid(source.Slice(32, 16)),
            new Guid(source.Slice(48, 16)),
            BinaryPrimitives.ReadUInt16LittleEndian(source[64..]),
            BinaryPrimitives.ReadUInt32LittleEndian(source[68..]),
            BinaryPrimitives.ReadUInt64LittleEndian(source[72..]));
    }

    internal void Write(Span<byte> destination)
    {
        destination = destination[..Size];
        destination.Clear();
        Signature.CopyTo(destination);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], SequenceNumber);
        FileWriteGuid.TryWriteBytes(destination[16..]);
        DataWriteGuid.TryWriteBytes(destination[32..]);
        LogGuid.TryWriteBytes(destination[48..]);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[64..], LogVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[66..], FormatVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[68..], LogLength);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[72..], LogOffset);
        VhdxChecksum.Write(destination);
    }
}
