using System.Buffers.Binary;

namespace VdiFs.Formats.Vhdx;

/// <summary>The table at the start of the metadata region ([MS-VHDX] 2.6.1); the items lie behind it.</summary>
/// <param name="Entries">In the file's order.</param>
internal sealed record VhdxMetadataTable(IReadOnlyList<VhdxMetadataEntry> Entries)
{
    internal const int Size = 64 * 1024;

    private const int HeaderBytes = 32;
    private const ushort MaxEntries = 2047;

    private static ReadOnlySpan<byte> Signature => "metadata"u8;

    /// <exception cref="ImageFormatException">Signature or number of entries are wrong.</exception>
    internal static VhdxMetadataTable Read(ReadOnlySpan<byte> source)
    {
        source = source[..Size];
        if (!source.StartsWith(Signature))
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed, "The VHDX metadata table does not start with \"metadata\".");
        }

        ushort count = BinaryPrimitives.ReadUInt16LittleEndian(source[10..]);
        if (count > MaxEntries)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"The VHDX metadata table has {count} entries; expected at most {MaxEntries}.");
        }

        VhdxMetadataEntry[] entries = new VhdxMetadataEntry[count];
        for (int index = 0; index < entries.Length; index++)
        {
            entries[index] = VhdxMetadataEntry.Read(source.Slice(HeaderBytes + index * VhdxMetadataEntry.Size));
        }

        return new VhdxMetadataTable(entries);
    }

    internal void Write(Span<byte> destination)
    {
        destination = destination[..Size];
        destination.Clear();
        Signature.CopyTo(destination);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[10..], (ushort)Entries.Count);
        for (int index = 0; index < Entries.Count; index++)
        {
            Entries[index].Write(destination[(HeaderBytes + index * VhdxMetadataEntry.Size)..]);
        }
    }
}
