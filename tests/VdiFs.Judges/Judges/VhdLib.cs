using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>Xen Orchestra's vhd-lib: the content of a full image; for a delta, its check of the chain, its merge into
/// the parent, and the content of that.</summary>
internal sealed class VhdLib : IJudge
{
    public string Name => "vhd-lib";

    public string Tool => Client.PathOf("node_modules/vhd-lib/package.json");

    public string Version() => $"vhd-lib {Judges.Tool.FirstLineOf("node", "-p", $"require('{Tool}').version")}";

    public bool IsAskedAbout(JudgedImage image) =>
        Dialect.Of(image.Format).Qemu == "vpc" && image.Disk.IsReadWhole;

    public Finding Judge(JudgedImage image, Bench bench)
    {
        if (image.Parent is null)
        {
            return Content(image, image.Path);
        }

        string directory = bench.PathOf($"merge of {image.Kind}");
        Command.Ok("cp", "-r", "--sparse=always", image.Directory, directory);
        string parent = Path.Combine(directory, Path.GetFileName(image.Parent.Path));
        CommandResult result = Judges.Tool.Run(
            "node", Client.PathOf("vhd-lib.cjs"), "merge", parent,
            Path.Combine(directory, Path.GetFileName(image.Path)));
        Finding finding = result.ExitCode == 0
            ? Content(image, parent)
            : new Finding(Verdict.Refused, result.ToString());
        Directory.Delete(directory, recursive: true);
        return finding;
    }

    private static Finding Content(JudgedImage image, string path) =>
        Judges.Tool.CompareOutput(image.ExpectedPath, "node", Client.PathOf("vhd-lib.cjs"), "content", path);
}
