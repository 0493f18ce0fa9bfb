using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>The product's own checker, which shares no code with what wrote the image but the records: structure and
/// content.</summary>
internal sealed class VdifsCheck : IJudge
{
    public string Name => "vdifs check";

    public string Tool => RunRoot.Vdifs;

    public string Version() => "vdifs " + Judges.Tool.FirstLineOf(RunRoot.Vdifs, "--version");

    public bool IsAskedAbout(JudgedImage image) => image.Disk.IsReadWhole
        && (Dialect.Of(image.Format).Qemu is not null || image.Format == "blocks");

    public Finding Judge(JudgedImage image, Bench bench)
    {
        CommandResult result = Judges.Tool.Run(
            [
                RunRoot.Vdifs, "check", image.Path, "--against", image.ExpectedPath,
                .. Dialect.Of(image.Format).Qemu == "raw" ? new[] { "--format", "raw" } : [],
                .. image is { Format: "vdi", Parent: { } parent } ? new[] { "--parent", parent.Path } : [],
            ]);
        Verdict verdict = result.ExitCode switch
        {
            0 => Verdict.Equal,
            1 when result.Error.Contains("cannot be read as an image", StringComparison.Ordinal) => Verdict.Refused,
            1 => Verdict.Differs,
            Judges.Tool.TimedOut => Verdict.TimedOut,
            _ => Verdict.Refused,
        };
        return new Finding(verdict, result.ToString());
    }
}
