using System.Xml.Linq;
using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>tar unpacks an appliance, its descriptor names every member and its size, and qemu-img finds the disks in
/// them.</summary>
internal sealed class TarAndQemu : IJudge
{
    private static readonly XNamespace Ovf = "http://schemas.dmtf.org/ovf/envelope/1";

    public string Name => "tar, qemu-img";

    public string Tool => "tar";

    public string Version() => Judges.Tool.FirstLineOf("tar", "--version");

    public bool IsAskedAbout(JudgedImage image) => image.Format == WrittenArchives.Appliance && image.Disk.IsReadWhole;

    public Finding Judge(JudgedImage image, Bench bench)
    {
        string folder = bench.NewDirectory($"unpacked {image.Kind}");
        CommandResult unpacked = Judges.Tool.Run("tar", "-xvf", image.Path, "-C", folder);
        string[] members = unpacked.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (unpacked.ExitCode != 0)
        {
            return new Finding(Verdict.Refused, unpacked.ToString());
        }

        // Importers need the descriptor first, and the members in its order.
        (string Name, long Size)[] named = [.. FilesOf(Path.Combine(folder, members[0]))];
        if (!named.Select(file => file.Name).SequenceEqual(members.Skip(1))
            || named.Length != (image.SecondDisk is null ? 1 : 2)
            || named.Any(file => new FileInfo(Path.Combine(folder, file.Name)).Length != file.Size))
        {
            return new Finding(Verdict.Differs, $"the descriptor names other files or sizes: {unpacked}");
        }

        string[] disks =
            [image.Disk.SectorsPath!, .. image.SecondDisk is { } second ? new[] { second.SectorsPath! } : []];
        return disks.Zip(named, (disk, file) => QemuJudge.Compare("vmdk", disk, Path.Combine(folder, file.Name)))
            .FirstOrDefault(finding => finding.Verdict != Verdict.Equal) ?? new Finding(Verdict.Equal, "");
    }

    private static IEnumerable<(string Name, long Size)> FilesOf(string descriptor) =>
        XDocument.Load(descriptor).Descendants(Ovf + "File")
            .Select(file => (file.Attribute(Ovf + "href")!.Value, (long)file.Attribute(Ovf + "size")!));
}
