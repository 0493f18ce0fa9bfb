using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>`qemu-img check`: the tables of the formats for which qemu has such a check.</summary>
internal sealed class QemuCheck : QemuJudge
{
    private static readonly string[] Checked = ["vmdk", "qcow2", "vhdx", "vdi"];

    public override string Name => "qemu-img check";

    public override bool IsAskedAbout(JudgedImage image) =>
        base.IsAskedAbout(image) && Checked.Contains(DriverOf(image.Format)) && image.Disk.IsReadWhole;

    public override Finding Judge(JudgedImage image, Bench bench)
    {
        CommandResult result = Judges.Tool.Run("qemu-img", "check", "-f", DriverOf(image.Format), image.Path);
        Verdict verdict = result.ExitCode switch
        {
            0 when result.Output.Contains("No errors were found", StringComparison.Ordinal) => Verdict.Equal,
            2 or 3 => Verdict.Differs,
            Judges.Tool.TimedOut => Verdict.TimedOut,
            _ => Verdict.Refused,
        };
        return new Finding(verdict, result.ToString());
    }
}
