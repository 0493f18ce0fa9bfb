using System.Text;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhd;

/// <summary>Finds the name of a differencing VHD's parent.</summary>
internal static class VhdParentName
{
    // Longer than any path of Windows; the spec has no limit.
    private const uint MaxNameBytes = 64 * 1024;

    // Separators of directories and drives, and the end of a string.
    private static ReadOnlySpan<char> NotInNames => "/\\:\0";

    /// <summary>
    /// The first name among the locators and the header that is one of a file in the same directory: paths of the
    /// machine where the image was made mean nothing here.
    /// </summary>
    /// <exception cref="ImageFormatException">There is none.</exception>
    internal static string Find(VhdRecords records, VhdDynamicHeader header)
    {
        foreach (VhdParentLocator locator in LocatorsOf(records))
        {
            if (locator.PlatformCode == VhdParentLocator.RelativeWindowsPath
                && Plain(ReadName(records.File, locator)) is { } relative)
            {
                return relative;
            }
        }

        return Plain(header.Parent?.Name ?? "")
            ?? throw new ImageFault(
                records.File.Name,
                (long)records.Footer.DataOffset,
                "dynamic header, parent",
                "the name of a file in the same directory",
                $"\"{header.Parent?.Name}\" and no such parent locator").Exception();
    }

    /// <summary>The locators that are used.</summary>
    internal static IEnumerable<VhdParentLocator> LocatorsOf(VhdRecords records) =>
        Enumerable.Range(0, VhdParentLocator.Count)
            .Select(index => VhdParentLocator.Read(
                records.HeaderBytes.AsSpan(VhdDynamicHeader.LocatorsOffset + index * VhdParentLocator.Size)))
            .Where(locator => locator.PlatformCode != 0);

    /// <summary>Empty when the name is not in the file.</summary>
    private static string ReadName(IImageBytes file, VhdParentLocator locator)
    {
        if (locator.DataLength > Math.Min(MaxNameBytes, file.Length)
            || locator.DataOffset > (ulong)(file.Length - locator.DataLength))
        {
            return "";
        }

        byte[] bytes = new byte[locator.DataLength];
        file.Read((long)locator.DataOffset, bytes);
        return Encoding.Unicode.GetString(bytes).TrimEnd('\0');
    }

    private static string? Plain(string name)
    {
        string inside = name is ['.', '\\' or '/', ..] ? name[2..] : name;
        return inside is "" or "." or ".." || inside.AsSpan().ContainsAny(NotInNames) ? null : inside;
    }
}
