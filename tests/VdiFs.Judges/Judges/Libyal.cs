using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>libvhdi, libvmdk and libqcow, the forensic readers, through their Python modules; parents are handed to
/// them.</summary>
internal sealed class Libyal(string name, string module) : IJudge
{
    // Debian's own python, which alone knows Debian's modules.
    private const string Python = "/usr/bin/python3";

    public string Name => name;

    public string Tool => $"/usr/share/doc/python3-{name}";

    public string Version() => $"{name} {Judges.Tool.FirstLineOf(Python, Client.PathOf("libyal.py"), module)}";

    public bool IsAskedAbout(JudgedImage image) =>
        Dialect.Of(image.Format).Libyal == module
        && (image.Parent is null || Dialect.Of(image.Parent.Format).Libyal == module);

    public Finding Judge(JudgedImage image, Bench bench)
    {
        string parent = image.Parent?.Path ?? "";
        if (image.Disk.IsReadWhole)
        {
            return Judges.Tool.Verdict(
                Python, Client.PathOf("libyal.py"), module, "whole", image.Path, parent, image.ExpectedPath);
        }

        string samples = bench.NewDirectory($"libyal {image.Format}");
        foreach (long offset in image.Disk.SampleOffsets())
        {
            File.WriteAllBytes(
                Path.Combine(samples, offset.ToString(CultureInfo.InvariantCulture)), image.Disk.ReadSample(offset));
        }

        string length = image.Disk.SectorsLength.ToString(CultureInfo.InvariantCulture);
        return Judges.Tool.Verdict(
            Python, Client.PathOf("libyal.py"), module, "samples", image.Path, parent, samples, length);
    }
}
