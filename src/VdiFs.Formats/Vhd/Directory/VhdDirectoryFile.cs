using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vhd.Directory;

/// <summary>A file of a VHD directory.</summary>
internal sealed class VhdDirectoryFile(IImageDirectory directory, string path, long length) : IImageBytes
{
    public string Name => $"{directory.Name}/{path}";

    public long Length => length;

    public void Read(long fileOffset, Span<byte> destination) => directory.Read(path, fileOffset, destination);

    public IImageBytes? OpenSibling(string name) => null;
}
