using System.Globalization;
using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vmdk;

/// <summary>Holds a descriptor to what this product writes.</summary>
internal static class VmdkDescriptorCheck
{
    private const int ShortIdDigits = 8;

    /// <summary>What the text should be made of, given the ids that only the writer knows.</summary>
    /// <param name="found">What it says.</param>
    /// <param name="createType">What it should be.</param>
    /// <param name="extent">What it should name.</param>
    /// <param name="parent">What it is a delta of.</param>
    internal static VmdkDescriptor Expected(
        VmdkDescriptor found, string createType, VmdkExtent extent, ImageReader? parent)
    {
        VmdkDescriptor? of = (parent as VmdkReader)?.Descriptor;
        return found with
        {
            // By custom the long id ends with the short one.
            ContentId = VmdkDescriptor.ContentIdOf(TailOf(found.LongContentId) ?? found.ContentId),
            CreateType = createType,
            Extent = extent,
            ParentContentId = of?.ContentId ?? VmdkDescriptor.NoParent,
            ParentFileName = of is null ? null : found.ParentFileName,
            Parent = of?.Image ?? Guid.Empty,
            ParentModification = of?.Modification ?? Guid.Empty,
        };
    }

    /// <summary>Ids that nobody has, and an extent that another file answers to.</summary>
    internal static IEnumerable<ImageFault> Names(IImageBytes file, long fileOffset, VmdkDescriptor found)
    {
        foreach ((string name, Guid id) in new[] { ("image", found.Image), ("modification", found.Modification) })
        {
            if (id == Guid.Empty)
            {
                yield return new ImageFault(file.Name, fileOffset, $"descriptor, ddb.uuid.{name}", "a uuid", "none");
            }
        }

        if (found.LongContentId.Length != 2 * 16 || found.LongContentId.Any(digit => !char.IsAsciiHexDigitLower(digit)))
        {
            yield return new ImageFault(
                file.Name, fileOffset, "descriptor, ddb.longContentID", "32 hexadecimal digits",
                $"\"{found.LongContentId}\"");
        }

        // A renamed file is whole; but libvmdk opens the name, and would read whatever lies there.
        string extent = found.Extent.FileName;
        if (found.Extent.Type == VmdkExtent.SparseType && extent != file.Name && file.OpenSibling(extent) is not null)
        {
            yield return new ImageFault(
                file.Name, fileOffset, "descriptor, extent", $"\"{file.Name}\", or a name that no other file has",
                $"\"{extent}\", which is another file here");
        }
    }

    private static uint? TailOf(string longContentId) =>
        longContentId.Length >= ShortIdDigits
        && uint.TryParse(
            longContentId.AsSpan(longContentId.Length - ShortIdDigits),
            NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture,
            out uint tail)
            ? tail
            : null;
}
