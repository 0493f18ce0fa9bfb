using System.Globalization;
using System.Text;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vmdk;

/// <summary>Understands the descriptors of all writers, as far as a reader needs them.</summary>
internal static class VmdkDescriptorText
{
    /// <summary>No writer comes near it: 20 sectors are usual.</summary>
    internal const int MaxBytes = 64 * 1024;

    private const string FirstLine = "# Disk DescriptorFile";
    private const string ReadWriteAccess = "RW ";
    private static readonly string[] ExtentAccess = [ReadWriteAccess, "RDONLY ", "NOACCESS "];

    /// <summary>Whether a file is a descriptor.</summary>
    internal static bool IsDescriptor(IImageBytes file)
    {
        if (file.Length < FirstLine.Length)
        {
            return false;
        }

        Span<byte> start = stackalloc byte[FirstLine.Length];
        file.Read(0, start);
        return Ascii.EqualsIgnoreCase(start, FirstLine);
    }

    /// <summary>The text that lies there, up to a NUL.</summary>
    /// <exception cref="ImageFormatException">It is too long, or not in the file.</exception>
    internal static string Read(IImageBytes file, long fileOffset, long length)
    {
        if (fileOffset < 0 || length < 0 || length > MaxBytes || length > file.Length - fileOffset)
        {
            throw Fault(file, fileOffset, "descriptor", $"at most {MaxBytes} bytes in the file", $"{length} bytes");
        }

        byte[] bytes = new byte[length];
        file.Read(fileOffset, bytes);
        int end = bytes.AsSpan().IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes.AsSpan(0, end));
    }

    /// <exception cref="ImageFormatException">Something is missing that a reader needs.</exception>
    internal static VmdkDescriptor Parse(IImageBytes file, long fileOffset, string text)
    {
        Dictionary<string, string> values = new(StringComparer.OrdinalIgnoreCase);
        VmdkExtent? extent = null;
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            if (ExtentAccess.Any(access => line.StartsWith(access, StringComparison.Ordinal)))
            {
                extent = (extent is null ? ParseExtent(line) : null)
                    ?? throw Fault(
                        file, fileOffset, "descriptor, extents",
                        "one extent: RW, its sectors, SPARSE, FLAT or VMFS, a file name", $"\"{line}\"");
            }
            else if (line.Split('=', 2, StringSplitOptions.TrimEntries) is [{ Length: > 0 } key, var value]
                && key[0] != '#')
            {
                values.TryAdd(key, value.Trim('"'));
            }
        }

        uint contentId = ContentId("CID")
            ?? throw Fault(file, fileOffset, "descriptor, CID", "8 hexadecimal digits", "none");
        string? parentFileName = values.GetValueOrDefault("parentFileNameHint");
        uint parentContentId = ContentId("parentCID") ?? VmdkDescriptor.NoParent;
        if (parentContentId != VmdkDescriptor.NoParent && string.IsNullOrEmpty(parentFileName))
        {
            throw Fault(file, fileOffset, "descriptor, parentFileNameHint", "the parent's name", "none");
        }

        return new VmdkDescriptor
        {
            ContentId = contentId,
            ParentContentId = parentContentId,
            CreateType = values.GetValueOrDefault("createType", ""),
            ParentFileName = parentFileName,
            Extent = extent ?? throw Fault(file, fileOffset, "descriptor, extents", "one extent", "none"),
            LongContentId = values.GetValueOrDefault("ddb.longContentID", ""),
            Image = Uuid("image"),
            Modification = Uuid("modification"),
            Parent = Uuid("parent"),
            ParentModification = Uuid("parentmodification"),
        };

        uint? ContentId(string key) =>
            uint.TryParse(
                values.GetValueOrDefault(key), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint id)
                ? id
                : null;

        Guid Uuid(string role) =>
            Guid.TryParseExact(values.GetValueOrDefault("ddb.uuid." + role), "D", out Guid uuid) ? uuid : Guid.Empty;
    }

    /// <summary>RW 204800 FLAT "disk-flat.vmdk" 0</summary>
    private static VmdkExtent? ParseExtent(string line)
    {
        string[] parts = line.Split('"');
        string[] front = parts[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 3
            || front is not [_, var sectors, var type]
            || !long.TryParse(sectors, NumberStyles.None, CultureInfo.InvariantCulture, out long count)
            || type is not (VmdkExtent.SparseType or VmdkExtent.FlatType or VmdkExtent.VmfsType)
            || !line.StartsWith(ReadWriteAccess, StringComparison.Ordinal))
        {
            return null;
        }

        string rest = parts[2].Trim();
        if (rest.Length == 0)
        {
            return new VmdkExtent(count, type, parts[1], null);
        }

        return long.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out long firstSector)
            ? new VmdkExtent(count, type, parts[1], firstSector)
            : null;
    }

    private static ImageFormatException Fault(
        IImageBytes file, long fileOffset, string what, string expected, string found) =>
        new ImageFault(file.Name, fileOffset, what, expected, found).Exception();
}
