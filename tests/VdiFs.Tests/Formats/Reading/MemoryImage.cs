using VdiFs.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Reading;

/// <summary>An image file that lies in memory, with the files of its directory. Asserts that readers keep inside it.
/// </summary>
internal sealed class MemoryImage(string name, byte[] bytes, Dictionary<string, byte[]>? directory = null) : IImageBytes
{
    public string Name => name;

    public long Length => bytes.Length;

    /// <summary>Bytes that were read so far.</summary>
    public long BytesRead { get; private set; }

    public void Read(long fileOffset, Span<byte> destination)
    {
        Assert.InRange(fileOffset, 0, Length);
        Assert.InRange(destination.Length, 0, Length - fileOffset);
        BytesRead += destination.Length;
        bytes.AsSpan((int)fileOffset, destination.Length).CopyTo(destination);
    }

    /// <summary>The directories beside it.</summary>
    public Dictionary<string, IImageDirectory> Directories { get; init; } = [];

    public IImageBytes? OpenSibling(string sibling) =>
        directory is not null && directory.TryGetValue(sibling, out byte[]? content)
            ? new MemoryImage(sibling, content, directory) { Directories = Directories }
            : null;

    public IImageDirectory? OpenDirectory(string path) => Directories.GetValueOrDefault(path);
}
