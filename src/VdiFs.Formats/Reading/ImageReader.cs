namespace VdiFs.Formats.Reading;

/// <summary>
/// An image file understood: the disk in it, and whether every structure is right. Reads tables as they are needed, in
/// bounded memory, whatever the file claims. Not thread-safe.
/// </summary>
public abstract class ImageReader
{
    private protected ImageReader(IImageBytes file) => File = file;

    /// <summary>The format's name, as in <see cref="ImageFormat.Name"/>.</summary>
    public abstract string FormatName { get; }

    /// <summary>The disk's length in bytes.</summary>
    public abstract long DiskLength { get; }

    /// <summary>The image that this one is a delta of; null when it stands alone.</summary>
    public virtual ImageReader? Parent => null;

    /// <summary>
    /// Whether the image is a delta that does not say in which file its parent is (VDI): until
    /// <see cref="SetParent"/> gives it, what is in the parent cannot be read.
    /// </summary>
    public virtual bool NeedsParent => false;

    /// <summary>Gives a delta that does not name its parent the one it is read on top of.</summary>
    /// <param name="parent">Not owned; used as long as this reader is.</param>
    /// <exception cref="ImageFormatException">It is not the one that is meant, or none is.</exception>
    public virtual void SetParent(ImageReader parent) =>
        throw new ImageFormatException(
            ImageFormatErrorKind.ParentRefused,
            $"{File.Name} is no delta, or one that names its parent itself: none can be given to it.");

    private protected IImageBytes File { get; }

    /// <summary>Something that is wrong in this file.</summary>
    private protected ImageFault Fault(long fileOffset, string what, string expected, string found) =>
        new(File.Name, fileOffset, what, expected, found);

    /// <summary>The piece of the disk that starts at <paramref name="diskOffset"/>, 1 to <paramref name="maxLength"/>
    /// bytes.</summary>
    /// <exception cref="ImageFormatException">The image contradicts itself there.</exception>
    public abstract ImagePiece Locate(long diskOffset, long maxLength);

    /// <summary>Reads a range that <see cref="Locate"/> said is stored.</summary>
    /// <exception cref="ImageFormatException">The image contradicts itself there.</exception>
    public abstract void ReadStored(long diskOffset, Span<byte> destination);

    /// <summary>Everything that is wrong with the image's structure, in the order in which it is found; found out as
    /// the result is walked through. Does not look at the parent, except whether it is the one that is meant.</summary>
    public abstract IEnumerable<ImageFault> Check(CheckOptions options);
}
