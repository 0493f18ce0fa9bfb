using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>7z, the strictest of the readers; the type must be named, or it opens the partition table inside. It finds
/// the parent of a VHD or VHDX by itself.</summary>
internal sealed class SevenZip : IJudge
{
    public string Name => "7z";

    public string Tool => "7z";

    public string Version() => Judges.Tool.FirstLineOf("7z").Split(" : ")[0];

    public bool IsAskedAbout(JudgedImage image) =>
        Dialect.Of(image.Format).SevenZip is not null && image.Disk.IsReadWhole;

    public Finding Judge(JudgedImage image, Bench bench) =>
        Judges.Tool.CompareOutput(
            image.ExpectedPath, "7z", "e", "-so", $"-t{Dialect.Of(image.Format).SevenZip}", image.Path);
}
