using System.Buffers.Binary;

namespace VdiFs.Formats.Vhdx;

/// <summary>The region table, of which there are two equal ones ([MS-VHDX] 2.2.3).</summary>
/// <param name="Entries">In the file's order.</param>
internal sealed record VhdxRegionTable(IReadOnlyList<VhdxRegionEntry> Entries)
{
    internal const int Size = 64 * 1024;

    private const int HeaderBytes = 16;
    private const uint MaxEntries = 2047;

    private static ReadOnlySpan<byte> Signature => "regi"u8;

    /// <exception cref="ImageFormatException">Signature, checksum or number of entries are wrong.</exception>
    internal static VhdxRegionTable Read(ReadOnlySpan<byte> source)
    {
        source = source[..Size];
        VhdxChecksum.Verify(source, Signature, "region table");
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(source[8..]);
        if (count > MaxEntries)
        {
            throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"The VHDX region table has {count} entries; expected at most {MaxEntries}.");
        }

        VhdxRegionEntry[] entries = new VhdxRegionEntry[count];
        for (int index = 0; index < entries.Length; index++)
        {
            entries[index] = VhdxRegionEntry.Read(source.Slice(HeaderBytes + index * VhdxRegionEntry.Size));
        }

        return new VhdxRegionTable(entries);
    }

    internal void Write(Span<byte> destination)
    {
        destination = destination[..Size];
        destination.Clear();
        Signature.CopyTo(destination);
        BinaryPrimitives.WriteInt32LittleEndian(destination[8..], Entries.Count);
        for (int index = 0; index < Entries.Count; index++)
        {
            Entries[index].Write(destination[(HeaderBytes + index * VhdxRegionEntry.Size)..]);
        }

        VhdxChecksum.Write(destination);
    }
}
