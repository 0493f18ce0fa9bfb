using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>`qemu-img convert` of a delta with its parents to a raw file.</summary>
internal sealed class QemuConvert : QemuJudge
{
    public override string Name => "qemu-img convert";

    public override bool IsAskedAbout(JudgedImage image) => HasBackingFile(image);

    public override Finding Judge(JudgedImage image, Bench bench)
    {
        string raw = Path.Combine(bench.NewDirectory($"converted {image.Kind}"), "disk.raw");
        CommandResult result = Judges.Tool.Run(
            "qemu-img", "convert", "-f", DriverOf(image.Format), "-O", "raw", image.Path, raw);
        return result.ExitCode == 0
            ? Judges.Tool.Verdict("cmp", raw, image.ExpectedPath)
            : new Finding(Verdict.Refused, result.ToString());
    }
}
