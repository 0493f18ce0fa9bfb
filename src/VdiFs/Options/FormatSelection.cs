using VdiFs.Formats;

namespace VdiFs.Options;

/// <summary>The formats that directories list.</summary>
internal sealed class FormatSelection(IEnumerable<ImageFormat> formats)
{
    /// <summary>The word for every format.</summary>
    public const string AllName = "all";

    public static FormatSelection All { get; } = new(ImageFormats.All);

    public static FormatSelection Default { get; } = new(ImageFormats.All.Where(format => format.IsListedByDefault));

    /// <summary>The names to choose from.</summary>
    public static string Names { get; } = string.Join(", ", ImageFormats.Choices);

    public IReadOnlySet<ImageFormat> Formats { get; } = formats.ToHashSet();

    public override string ToString() => string.Join(',', Formats.Select(format => format.ChosenBy).Distinct());
}
