using VdiFs.EndToEnd.Harness;
using VdiFs.Judges.Images;
using VdiFs.Judges.Verdicts;

namespace VdiFs.Judges.Judges;

/// <summary>What the ways of asking qemu-img share.</summary>
internal abstract class QemuJudge : IJudge
{
    public abstract string Name { get; }

    public string Tool => "qemu-img";

    public string Version() => Judges.Tool.FirstLineOf("qemu-img", "--version");

    public virtual bool IsAskedAbout(JudgedImage image) => Dialect.Of(image.Format).Qemu is not null;

    public abstract Finding Judge(JudgedImage image, Bench bench);

    /// <summary>Whether the image is a delta of a format that has such to qemu.</summary>
    protected static bool HasBackingFile(JudgedImage image) =>
        image.Parent is not null && (Dialect.Of(image.Format).Qemu is "qcow2" or "vmdk");

    /// <summary>Compares an image of the format of that one with what must be in it.</summary>
    protected static Finding Compare(JudgedImage image, string path) =>
        Compare(DriverOf(image.Format), image.ExpectedPath, path);

    protected static string DriverOf(string format) => Dialect.Of(format).Qemu!;

    /// <summary>Compares an image with a raw disk; a disk that is longer or shorter is another one.</summary>
    internal static Finding Compare(string driver, string expectedPath, string path)
    {
        CommandResult result = Judges.Tool.Run(
            "qemu-img", "compare", "-f", "raw", "-F", driver, expectedPath, path);
        Verdict verdict = result.ExitCode switch
        {
            0 when !result.Output.Contains("mismatch", StringComparison.OrdinalIgnoreCase) => Verdict.Equal,
            0 or 1 => Verdict.Differs,
            Judges.Tool.TimedOut => Verdict.TimedOut,
            _ => Verdict.Refused,
        };
        return new Finding(verdict, result.ToString());
    }

    /// <summary>A copy of the image and all that it needs, for judges that write; gives the new path.</summary>
    protected static string CopyOf(JudgedImage image, Bench bench, string name)
    {
        string directory = bench.PathOf($"{name} of {image.Kind}");
        Command.Ok("cp", "-r", "--sparse=always", image.Directory, directory);
        return Path.Combine(directory, Path.GetFileName(image.Path));
    }

    protected static void Remove(string path) => Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
}
