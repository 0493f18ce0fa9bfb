using VdiFs.Formats.Reading;
using VdiFs.Formats.Vhd.Directory;
using Xunit;

namespace VdiFs.Tests.Formats.Vhd.Directory;

/// <summary>A VHD directory in memory. Asserts that readers keep inside its files.</summary>
internal sealed class MemoryDirectory(string name) : IImageDirectory
{
    public string Name => name;

    /// <summary>Every file by its path.</summary>
    public Dictionary<string, byte[]> Files { get; } = [];

    /// <summary>What a layout has, as a copy.</summary>
    public static MemoryDirectory Of(VhdDirectory directory, TestDisk disk)
    {
        MemoryDirectory copy = new("disk.vhd");
        void Copy(string path) => copy.Files[path] = LayoutReader.ReadAll(directory.Find(path)!, disk);
        foreach (string record in VhdDirectory.RecordNames)
        {
            Copy(record);
        }

        foreach (string group in directory.List("blocks"))
        {
            foreach (string block in directory.List($"blocks/{group}"))
            {
                Copy($"blocks/{group}/{block}");
            }
        }

        return copy;
    }

    public long? LengthOf(string path) => Files.TryGetValue(path, out byte[]? file) ? file.Length : null;

    public void Read(string path, long fileOffset, Span<byte> destination)
    {
        byte[] file = Files[path];
        Assert.InRange(fileOffset, 0, file.Length);
        Assert.InRange(destination.Length, 0, file.Length - fileOffset);
        file.AsSpan((int)fileOffset, destination.Length).CopyTo(destination);
    }

    public IEnumerable<string> List(string path) =>
        Files.Keys
            .Where(file => path.Length == 0 || file.StartsWith(path + "/", StringComparison.Ordinal))
            .Select(file => file[(path.Length == 0 ? 0 : path.Length + 1)..].Split('/')[0])
            .Distinct()
            .ToList();
}
