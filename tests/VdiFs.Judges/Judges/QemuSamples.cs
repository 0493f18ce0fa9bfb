using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Disks;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>Mebibytes of a long disk, read by `qemu-img dd` through the image.</summary>
internal sealed class QemuSamples : QemuJudge
{
    public override string Name => "qemu-img dd (samples)";

    public override bool IsAskedAbout(JudgedImage image) =>
        base.IsAskedAbout(image) && !image.Disk.IsReadWhole && image.Parent is null;

    public override Finding Judge(JudgedImage image, Bench bench)
    {
        string actual = Path.Combine(bench.NewDirectory("samples"), image.Format);
        foreach (long offset in image.Disk.SampleOffsets())
        {
            long sample = offset / JudgedDisk.SampleBytes;
            // qemu-img counts its blocks from the start of the input.
            CommandResult result = Judges.Tool.Run(
                "qemu-img", "dd", "-f", DriverOf(image.Format), "-O", "raw", $"if={image.Path}", $"of={actual}",
                $"bs={JudgedDisk.SampleBytes}", Number("count", sample + 1), Number("skip", sample));
            if (result.ExitCode != 0)
            {
                return new Finding(
                    result.ExitCode == Judges.Tool.TimedOut ? Verdict.TimedOut : Verdict.Refused, result.ToString());
            }

            if (!File.ReadAllBytes(actual).AsSpan().SequenceEqual(image.Disk.ReadSample(offset)))
            {
                return new Finding(
                    Verdict.Differs, $"{image.Path}: other bytes in the mebibyte at disk offset {offset}");
            }
        }

        return new Finding(Verdict.Equal, "");
    }

    private static string Number(string name, long value) =>
        string.Create(CultureInfo.InvariantCulture, $"{name}={value}");
}
