using System.Globalization;
using Microsoft.Win32.SafeHandles;
using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Disks;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>tar unpacks an XVA, xxhsum computes every chunk's checksum anew, and the chunks joined are the
/// disks.</summary>
internal sealed class TarAndXxhsum : IJudge
{
    private const int ChunkBytes = 1 << 20;

    public string Name => "tar, xxhsum";

    public string Tool => "xxhsum";

    public string Version() => Judges.Tool.FirstLineOf("xxhsum", "--version");

    public bool IsAskedAbout(JudgedImage image) => image.Format == WrittenArchives.Export;

    public Finding Judge(JudgedImage image, Bench bench)
    {
        string folder = bench.NewDirectory($"unpacked {image.Format}");
        CommandResult unpacked = Judges.Tool.Run("tar", "-xf", image.Path, "-C", folder);
        if (unpacked.ExitCode != 0)
        {
            return new Finding(Verdict.Refused, unpacked.ToString());
        }

        foreach ((string reference, JudgedDisk disk) in WrittenArchives.DisksOf(image))
        {
            string[] chunks =
                [.. Directory.GetFiles(Path.Combine(folder, reference)).Where(path => !Path.HasExtension(path))];
            if (WrongChecksum(chunks) is { } wrong)
            {
                return new Finding(Verdict.Differs, wrong);
            }

            string joined = Path.Combine(folder, "joined");
            Join(chunks, joined, disk.Length);
            Finding finding = Judges.Tool.Verdict("cmp", joined, disk.RawPath!);
            if (finding.Verdict != Verdict.Equal)
            {
                return finding;
            }
        }

        return new Finding(Verdict.Equal, "");
    }

    private static string? WrongChecksum(string[] chunks)
    {
        // Each line: the checksum, two blanks, the file's name.
        foreach (string line in Command.Ok("xxhsum", ["-H1", .. chunks])
            .Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            (string sum, string chunk) = (line.Split(' ')[0], line[line.IndexOf('/', StringComparison.Ordinal)..]);
            string stored = File.ReadAllText($"{chunk}.xxhash");
            if (!stored.Equals(sum.ToUpperInvariant(), StringComparison.Ordinal))
            {
                return $"{chunk}.xxhash is {stored} and must be {sum} in upper case";
            }
        }

        return null;
    }

    // The last chunk may be padded to a whole sector; what is not there is zeros.
    private static void Join(string[] chunks, string path, long length)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        foreach (string chunk in chunks)
        {
            long number = long.Parse(Path.GetFileName(chunk), CultureInfo.InvariantCulture);
            RandomAccess.Write(file, File.ReadAllBytes(chunk), number * ChunkBytes);
        }

        RandomAccess.SetLength(file, length);
    }
}
