using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>`qemu-img rebase` of a delta onto nothing: it then must be the later disk, without its parent.</summary>
internal sealed class QemuRebase : QemuJudge
{
    public override string Name => "qemu-img rebase";

    public override bool IsAskedAbout(JudgedImage image) => HasBackingFile(image);

    public override Finding Judge(JudgedImage image, Bench bench)
    {
        string child = CopyOf(image, bench, "rebase");
        CommandResult result = Judges.Tool.Run("qemu-img", "rebase", "-f", DriverOf(image.Format), "-b", "", child);
        Finding finding;
        if (result.ExitCode == 0)
        {
            File.Delete(Path.Combine(Path.GetDirectoryName(child)!, Path.GetFileName(image.Parent!.Path)));
            finding = Compare(image, child);
        }
        else
        {
            finding = new Finding(Verdict.Refused, result.ToString());
        }

        Remove(child);
        return finding;
    }
}
