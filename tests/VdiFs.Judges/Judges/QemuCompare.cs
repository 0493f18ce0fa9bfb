using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>`qemu-img compare` with the raw disk, also through a chain.</summary>
internal sealed class QemuCompare : QemuJudge
{
    public override string Name => "qemu-img compare";

    public override bool IsAskedAbout(JudgedImage image) => base.IsAskedAbout(image) && image.Disk.IsReadWhole;

    public override Finding Judge(JudgedImage image, Bench bench) => Compare(image, image.Path);
}
