using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>mmls and fls straight on the image: the same partitions and the same files as in the raw disk.</summary>
internal sealed class SleuthKit : IJudge
{
    private static readonly string[] Known = ["raw", "vpc", "vmdk"];

    public string Name => "Sleuth Kit";

    public string Tool => "mmls";

    public string Version() => Judges.Tool.FirstLineOf("mmls", "-V");

    public bool IsAskedAbout(JudgedImage image) =>
        image.Disk.HasPartitions && image.Parent is null && Known.Contains(Dialect.Of(image.Format).Qemu);

    public Finding Judge(JudgedImage image, Bench bench)
    {
        CommandResult expected = Judges.Tool.Run("mmls", image.Disk.RawPath!);
        CommandResult actual = Judges.Tool.Run("mmls", image.Path);
        if (actual.ExitCode != 0 || actual.Output != expected.Output)
        {
            return new Finding(actual.ExitCode == 0 ? Verdict.Differs : Verdict.Refused, actual.ToString());
        }

        // Each line of a partition: number, slot, first sector.
        foreach (string start in expected.Output.Split('\n')
            .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Where(words => words.Length > 2 && words[1].Length == 3 && char.IsAsciiDigit(words[1][0]))
            .Select(words => words[2]))
        {
            string files = Command.Ok("fls", "-r", "-p", "-o", start, image.Disk.RawPath!);
            CommandResult found = Judges.Tool.Run("fls", "-r", "-p", "-o", start, image.Path);
            if (found.Output != files)
            {
                return new Finding(found.ExitCode == 0 ? Verdict.Differs : Verdict.Refused, found.ToString());
            }
        }

        return new Finding(Verdict.Equal, "");
    }
}
