using System.Buffers.Binary;
using System.Text;

namespace VdiFs.Formats.Vhdx;

/// <summary>
/// Where a differencing VHDX says that its parent is, and which one it is ([MS-VHDX] 2.6.2.6): keys and values in
/// UTF-16. Of the paths only the relative one is written, since others name another machine's directories.
/// </summary>
/// <param name="Linkage">parent_linkage: the parent's DataWriteGuid.</param>
/// <param name="RelativePath">relative_path; empty if there is none.</param>
internal sealed record VhdxParentLocator(Guid Linkage, string RelativePath)
{
    /// <summary>The longest that is read; ours has 500 bytes at most.</summary>
    internal const int MaxBytes = 64 * 1024;

    // [MS-VHDX] knows five keys; texts may overlap, so that many entries could say more than the item has bytes.
    private const int MaxEntries = 64;

    private const string LinkageKey = "parent_linkage";
    private const string RelativePathKey = "relative_path";
    private const int HeaderBytes = 20;
    private const int EntryBytes = 12;

    private static readonly Guid VhdxType = new("b04aefb7-d19e-4a81-b789-25b8e9445913");

    /// <summary>The parent's name when it is in the same directory; null when it is not, or is nowhere.</summary>
    internal string? SiblingName
    {
        get
        {
            string name = RelativePath.StartsWith(@".\", StringComparison.Ordinal) ? RelativePath[2..] : RelativePath;
            return name.Length == 0 || name.AsSpan().ContainsAny('/', '\\', '\0') ? null : name;
        }
    }

    /// <summary>How a file of the same directory is named.</summary>
    internal static VhdxParentLocator OfSibling(Guid linkage, string fileName) => new(linkage, @".\" + fileName);

    /// <exception cref="ImageFormatException">It is of another type, damaged, or does not say which parent.</exception>
    internal static VhdxParentLocator Read(ReadOnlySpan<byte> source)
    {
        if (source.Length < HeaderBytes || new Guid(source[..16]) != VhdxType)
        {
            throw Malformed("is not of the type for VHDX files");
        }

        int count = BinaryPrimitives.ReadUInt16LittleEndian(source[18..]);
        if (count > Math.Min(MaxEntries, (source.Length - HeaderBytes) / EntryBytes))
        {
            throw Malformed($"has {source.Length} bytes and {count} entries: at most {MaxEntries}, all inside");
        }

        Guid? linkage = null;
        string path = "";
        for (int index = 0; index < count; index++)
        {
            ReadOnlySpan<byte> entry = source[(HeaderBytes + index * EntryBytes)..];
            string key = Text(source, entry, 0, 8);
            string value = Text(source, entry, 4, 10);
            if (key == LinkageKey)
            {
                linkage = Guid.TryParseExact(value, "B", out Guid parsed)
                    ? parsed
                    : throw Malformed("has a parent_linkage that is no GUID");
            }
            else if (key == RelativePathKey)
            {
                path = value;
            }
        }

        return new VhdxParentLocator(linkage ?? throw Malformed("has no parent_linkage"), path);
    }

    /// <summary>The item's bytes.</summary>
    internal byte[] ToBytes()
    {
        string[] texts = [LinkageKey, Linkage.ToString("B"), RelativePathKey, RelativePath];
        int entries = texts.Length / 2;
        byte[] bytes = new byte[HeaderBytes + entries * EntryBytes + texts.Sum(text => text.Length * sizeof(char))];
        VhdxType.TryWriteBytes(bytes);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(18), (ushort)entries);
        int end = HeaderBytes + entries * EntryBytes;
        for (int index = 0; index < texts.Length; index++)
        {
            Span<byte> entry = bytes.AsSpan(HeaderBytes + index / 2 * EntryBytes);
            int part = index % 2;
            int length = Encoding.Unicode.GetBytes(texts[index], bytes.AsSpan(end));
            BinaryPrimitives.WriteInt32LittleEndian(entry[(part * sizeof(int))..], end);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[(8 + part * sizeof(ushort))..], (ushort)length);
            end += length;
        }

        return bytes;
    }

    private static string Text(ReadOnlySpan<byte> source, ReadOnlySpan<byte> entry, int offsetAt, int lengthAt)
    {
        uint offset = BinaryPrimitives.ReadUInt32LittleEndian(entry[offsetAt..]);
        ushort length = BinaryPrimitives.ReadUInt16LittleEndian(entry[lengthAt..]);
        return offset <= source.Length && length <= source.Length - offset
            ? Encoding.Unicode.GetString(source.Slice((int)offset, length))
            : throw Malformed($"has {length} bytes of text at {offset}, which are not in its {source.Length} bytes");
    }

    private static ImageFormatException Malformed(string what) =>
        new(ImageFormatErrorKind.Malformed, $"The VHDX parent locator {what}.");
}
