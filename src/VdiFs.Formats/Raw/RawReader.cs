using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Raw;

/// <summary>A file that is a disk byte for byte. It has no structure that could be wrong.</summary>
internal sealed class RawReader(IImageBytes file) : ImageReader(file)
{
    /// <inheritdoc/>
    public override string FormatName => "raw";

    /// <inheritdoc/>
    public override long DiskLength => File.Length;

    /// <inheritdoc/>
    public override ImagePiece Locate(long diskOffset, long maxLength) =>
        new(PieceKind.Stored, Math.Min(maxLength, DiskLength - diskOffset));

    /// <inheritdoc/>
    public override void ReadStored(long diskOffset, Span<byte> destination) => File.Read(diskOffset, destination);

    /// <inheritdoc/>
    public override IEnumerable<ImageFault> Check(CheckOptions options) => [];
}
