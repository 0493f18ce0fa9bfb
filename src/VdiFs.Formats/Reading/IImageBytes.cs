namespace VdiFs.Formats.Reading;

/// <summary>The bytes of an image file, for whoever reads it. What goes wrong below comes out as it is.</summary>
public interface IImageBytes
{
    /// <summary>The file's name, without its directory.</summary>
    string Name { get; }

    /// <summary>The file's length in bytes.</summary>
    long Length { get; }

    /// <summary>Fills <paramref name="destination"/> completely.</summary>
    /// <param name="fileOffset">The range lies inside the file.</param>
    /// <param name="destination">Owned by the caller.</param>
    void Read(long fileOffset, Span<byte> destination);

    /// <summary>
    /// Another file of the same directory: a parent, an extent. Null when there is none of this name. Owned by this
    /// object.
    /// </summary>
    IImageBytes? OpenSibling(string name);

    /// <summary>
    /// A directory beside this file or below, for an image that is one. Null when there is none of this name, or the
    /// name leads elsewhere. Owned by this object.
    /// </summary>
    /// <param name="path">Names with '/' between them.</param>
    IImageDirectory? OpenDirectory(string path) => null;
}
