using VdiFs.Formats.Ova;
using VdiFs.Formats.Xva;

namespace VdiFs.Formats.Reading;

/// <summary>Checks archives that hold the disks of a whole machine.</summary>
public static class ArchiveCheck
{
    /// <summary>The format's name, "ova" or "xva"; null for a file that is no such archive.</summary>
    public static string? FormatOf(IImageBytes file) =>
        OvaChecker.IsOva(file) ? "ova"
        : XvaChecker.IsXva(file) ? "xva"
        : null;

    /// <summary>Everything that is wrong with an archive; found out as the result is walked through.</summary>
    /// <param name="file">The archive; not owned.</param>
    /// <param name="format">What <see cref="FormatOf"/> said.</param>
    /// <param name="options">How strictly.</param>
    public static IEnumerable<ImageFault> Run(IImageBytes file, string format, CheckOptions options) =>
        format == "ova" ? OvaChecker.Check(file, options) : XvaChecker.Check(file, options);
}
