using VdiFs.Formats.Ova;
using VdiFs.Formats.Qcow2;
using VdiFs.Formats.Raw;
using VdiFs.Formats.Vdi;
using VdiFs.Formats.Vhd;
using VdiFs.Formats.Vhd.Directory;
using VdiFs.Formats.Vhdx;
using VdiFs.Formats.Vmdk;

namespace VdiFs.Formats;

/// <summary>Every format there is.</summary>
public static class ImageFormats
{
    /// <summary>All formats in the order in which they are listed.</summary>
    public static IReadOnlyList<ImageFormat> All { get; } =
    [
        new RawFormat(),
        new VhdDynamicFormat(isPacked: false),
        new VhdDynamicFormat(isPacked: true),
        new VhdFixedFormat(),
        new VhdAliasFormat(),
        new VmdkSparseFormat(),
        new VmdkStreamFormat(),
        new VmdkFlatFormat(),
        new VmdkFlatExtentFormat(),
        new Qcow2Format(),
        new VhdxFormat(),
        new VdiFormat(),
        new OvaFormat(),
    ];

    /// <summary>The names to choose formats by (<see cref="ImageFormat.ChosenBy"/>), in the same order.</summary>
    public static IReadOnlyList<string> Choices { get; } = [.. All.Select(format => format.ChosenBy).Distinct()];

    /// <summary>The formats chosen by exactly this name; empty if there is none.</summary>
    public static IReadOnlyList<ImageFormat> ChosenBy(string name) =>
        [.. All.Where(format => format.ChosenBy == name)];

    /// <summary>The format with exactly this <see cref="ImageFormat.Name"/>; null if there is none.</summary>
    public static ImageFormat? Find(string name) => All.FirstOrDefault(format => format.Name == name);

    /// <summary>The format with exactly this <see cref="ImageFormat.FileName"/>; null if there is none.</summary>
    public static ImageFormat? FindByFileName(string fileName) =>
        All.FirstOrDefault(format => format.FileName == fileName);
}
