using System.Globalization;
using System.Text;
using VdiFs.Formats;
using VdiFs.Tree;

namespace VdiFs.Mounting;

/// <summary>The extended attributes of an image: who it is, for scripts. Reading them opens nothing.</summary>
internal static class ImageExtendedAttributes
{
    private static readonly Dictionary<string, Func<ImageNode, string>> Values = new(StringComparer.Ordinal)
    {
        ["user.vdifs.format"] = image => image.Format.Name,
        ["user.vdifs.layout_version"] = _ => ImageFormat.LayoutVersion.ToString(CultureInfo.InvariantCulture),
        ["user.vdifs.snapshot_time"] = image =>
            image.ModifiedTime.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        ["user.vdifs.source"] = image => image.Disk.Origin,
        ["user.vdifs.uuid"] = image => image.Disk.Identity.Uuid.ToString(),
    };

    public static IReadOnlyList<string> Names { get; } = [.. Values.Keys];

    /// <summary>The attribute's value in UTF-8, or null when there is none of that name.</summary>
    public static byte[]? Find(ImageNode image, string name) =>
        Values.TryGetValue(name, out Func<ImageNode, string>? value) ? Encoding.UTF8.GetBytes(value(image)) : null;
}
