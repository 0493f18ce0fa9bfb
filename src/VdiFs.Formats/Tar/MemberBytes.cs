using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Tar;

/// <summary>A member of an archive as a file of its own. Owns nothing.</summary>
internal sealed class MemberBytes(IImageBytes archive, TarMember member) : IImageBytes
{
    /// <inheritdoc/>
    public string Name => member.Name;

    /// <inheritdoc/>
    public long Length => member.Length;

    /// <inheritdoc/>
    public void Read(long fileOffset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fileOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, member.Length - fileOffset);
        archive.Read(member.Offset + fileOffset, destination);
    }

    /// <summary>None: an appliance's disks stand alone.</summary>
    public IImageBytes? OpenSibling(string name) => null;
}
