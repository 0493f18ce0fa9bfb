using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>`qemu-img commit` of a delta into its parent, which then must be the later disk.</summary>
internal sealed class QemuCommit : QemuJudge
{
    public override string Name => "qemu-img commit";

    public override bool IsAskedAbout(JudgedImage image) => HasBackingFile(image);

    public override Finding Judge(JudgedImage image, Bench bench)
    {
        string child = CopyOf(image, bench, "commit");
        string parent = Path.Combine(Path.GetDirectoryName(child)!, Path.GetFileName(image.Parent!.Path));
        CommandResult result = Judges.Tool.Run("qemu-img", "commit", "-f", DriverOf(image.Format), child);
        Finding finding = result.ExitCode == 0
            ? Compare(image with { Format = image.Parent.Format }, parent)
            : new Finding(Verdict.Refused, result.ToString());
        Remove(child);
        return finding;
    }
}
