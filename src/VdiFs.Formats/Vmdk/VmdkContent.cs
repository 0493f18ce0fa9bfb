using VdiFs.Formats.Reading;

namespace VdiFs.Formats.Vmdk;

/// <summary>Where a VMDK has the bytes of its disk.</summary>
internal abstract class VmdkContent
{
    /// <summary>The disk's length in bytes.</summary>
    internal abstract long DiskLength { get; }

    /// <summary>As <see cref="ImageReader.Locate"/>; what is not stored and not known to be zeros is the parent's.
    /// </summary>
    internal abstract ImagePiece Locate(long diskOffset, long maxLength);

    /// <summary>As <see cref="ImageReader.ReadStored"/>.</summary>
    internal abstract void ReadStored(long diskOffset, Span<byte> destination);
}
