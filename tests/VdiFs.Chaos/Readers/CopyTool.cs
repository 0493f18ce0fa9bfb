namespace VdiFs.Chaos.Readers;

/// <summary>A tool that users copy or read with.</summary>
/// <param name="Name">The tool's name.</param>
/// <param name="Command">Program and arguments that make a copy, from (file, copy).</param>
/// <param name="CopyIsRaw">Whether the copy is the disk, whatever format was read.</param>
internal sealed record CopyTool(
    string Name, Func<string, string, IReadOnlyList<string>> Command, bool CopyIsRaw = false)
{
    /// <summary>The tools that copy any file byte by byte.</summary>
    public static IReadOnlyList<CopyTool> Verbatim { get; } =
    [
        new("cp", (file, copy) => ["cp", "--sparse=auto", file, copy]),
        new("dd", (file, copy) =>
            ["dd", $"if={file}", $"of={copy}", "bs=1M", "conv=sparse", "status=none"]),
        new("rsync", (file, copy) => ["rsync", "--sparse", "--inplace", file, copy]),
        new("cat", (file, copy) => ["bash", "-c", "cat < \"$0\" > \"$1\"", file, copy]),
    ];

    /// <summary>A converter, which reads the image format and writes the disk.</summary>
    public static CopyTool Convert(string format) =>
        new(
            "qemu-img",
            (file, copy) => ["qemu-img", "convert", "-f", format, "-O", "raw", file, copy],
            CopyIsRaw: true);
}
