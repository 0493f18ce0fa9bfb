namespace VdiFs.Formats.Reading;

/// <summary>Finds out what an image file is.</summary>
public static class ImageReaders
{
    /// <summary>Opens an image of any format of the family, with its parents.</summary>
    /// <param name="file">The file; not owned.</param>
    /// <exception cref="ImageFormatException">It is of no known format, or too damaged to be read at all: the message
    /// names the offset, what was expected and what was found.</exception>
    public static ImageReader Open(IImageBytes file)
    {
        ArgumentNullException.ThrowIfNull(file);
        throw new ImageFormatException(ImageFormatErrorKind.Malformed, $"{file.Name} is an image of no known format.");
    }
}
