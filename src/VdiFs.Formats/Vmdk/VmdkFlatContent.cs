using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vmdk;

/// <summary>A disk that lies in a file of its own, byte for byte.</summary>
internal sealed class VmdkFlatContent : VmdkContent
{
    private readonly long _start;

    /// <exception cref="ImageFormatException">The file is missing or too short.</exception>
    internal VmdkFlatContent(IImageBytes descriptor, VmdkExtent extent)
    {
        File = descriptor.OpenSibling(extent.FileName)
            ?? throw new ImageFormatException(
                ImageFormatErrorKind.Malformed,
                $"{descriptor.Name}: its extent \"{extent.FileName}\" is not in the same directory.");
        long sectors = File.Length / Sector.Bytes;
        if (extent.Sectors > sectors || (extent.FirstSector ?? 0) > sectors - extent.Sectors)
        {
            throw new ImageFault(
                File.Name, File.Length, "length of the extent",
                $"{extent.Sectors} sectors from sector {extent.FirstSector ?? 0} on", $"{File.Length} bytes").Exception();
        }

        _start = (extent.FirstSector ?? 0) * Sector.Bytes;
        DiskLength = extent.Sectors * Sector.Bytes;
    }

    internal override long DiskLength { get; }

    /// <summary>The file with the bytes.</summary>
    internal IImageBytes File { get; }

    internal override ImagePiece Locate(long diskOffset, long maxLength) =>
        new(PieceKind.Stored, Math.Min(maxLength, DiskLength - diskOffset));

    internal override void ReadStored(long diskOffset, Span<byte> destination) =>
        File.Read(_start + diskOffset, destination);
}
