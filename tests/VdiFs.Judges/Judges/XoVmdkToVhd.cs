using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>Xen Orchestra's import of VMDKs in one file: the content of the VHD that it makes of one.</summary>
internal sealed class XoVmdkToVhd : IJudge
{
    public string Name => "xo-vmdk-to-vhd";

    public string Tool => Client.PathOf("node_modules/xo-vmdk-to-vhd/package.json");

    public string Version() => $"xo-vmdk-to-vhd {Judges.Tool.FirstLineOf("node", "-p", $"require('{Tool}').version")}";

    public bool IsAskedAbout(JudgedImage image) =>
        image.Format is "vmdk" or "stream.vmdk" && image.Parent is null && image.Disk.IsReadWhole;

    public Finding Judge(JudgedImage image, Bench bench) =>
        Judges.Tool.CompareOutput(
            image.ExpectedPath, "node", Client.PathOf("xo-vmdk-to-vhd.cjs"), image.Path,
            new FileInfo(image.ExpectedPath).Length.ToString(CultureInfo.InvariantCulture),
            Path.Combine(bench.NewDirectory($"xo-vmdk-to-vhd {image.Format}"), "disk.vhd"));
}
