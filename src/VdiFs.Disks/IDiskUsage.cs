namespace VdiFs.Disks;

/// <summary>Told how the files of one disk are used. Thread-safe.</summary>
public interface IDiskUsage
{
    /// <summary>A reader has opened a file.</summary>
    /// <param name="fileName">The file's name, such as disk.vhd.</param>
    void Opened(string fileName);

    /// <summary>A reader has closed a file that it had opened.</summary>
    /// <param name="fileName">The file's name.</param>
    void Released(string fileName);

    /// <summary>
    /// A reader asks for bytes of a file. On the path of every read: no waiting, no allocation.
    /// </summary>
    /// <param name="fileName">The file's name.</param>
    /// <param name="fileLength">The file's length in bytes.</param>
    /// <param name="fileOffset">Where the read starts.</param>
    /// <param name="length">Bytes, inside the file.</param>
    /// <exception cref="DiskException">Cancelled: the reader gets an error in place of the bytes.</exception>
    void Reading(string fileName, long fileLength, long fileOffset, int length);
}
