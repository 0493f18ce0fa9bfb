namespace VdiFs.Formats.Reading;

/// <summary>The files of an image that is a directory. What goes wrong below comes out as it is.</summary>
public interface IImageDirectory
{
    /// <summary>The directory's name, without where it is.</summary>
    string Name { get; }

    /// <summary>A file's length in bytes; null when there is no such file.</summary>
    /// <param name="path">Names with '/' between them.</param>
    long? LengthOf(string path);

    /// <summary>Fills <paramref name="destination"/> completely.</summary>
    /// <param name="path">A file that is there.</param>
    /// <param name="fileOffset">The range lies inside the file.</param>
    /// <param name="destination">Owned by the caller.</param>
    void Read(string path, long fileOffset, Span<byte> destination);

    /// <summary>The names in a directory, in any order, as they are found; nothing when there is no such directory.
    /// </summary>
    /// <param name="path">Names with '/' between them; empty for the directory itself.</param>
    IEnumerable<string> List(string path);
}
