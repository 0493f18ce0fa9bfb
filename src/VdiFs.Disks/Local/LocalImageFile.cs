using Microsoft.Win32.SafeHandles;

namespace VdiFs.Disks.Local;

/// <summary>Opens local images with errors that say what to do.</summary>
internal static class LocalImageFile
{
    /// <exception cref="DiskException">The image is absent, no file or block device, or may not be read.</exception>
    public static SafeFileHandle OpenForReading(string path)
    {
        if (Directory.Exists(path))
        {
            throw new DiskException(
                DiskErrorKind.NotFound, $"{path} is a directory: name the image file itself");
        }

        if (!FileKind.MayHoldDisk(path))
        {
            throw new DiskException(
                DiskErrorKind.NotFound,
                $"{path} is neither a file nor a block device: name an image, or give an NBD URI");
        }

        try
        {
            return File.OpenHandle(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, FileOptions.Asynchronous);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DiskException(
                DiskErrorKind.NotFound, $"no image {path}: check the path, or give an NBD URI", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new DiskException(
                DiskErrorKind.NotPermitted, $"{path} may not be read by this user: check its permissions", exception);
        }
        catch (IOException exception)
        {
            throw new DiskException(
                DiskErrorKind.ReadFailed, $"cannot open {path}: {exception.Message}", exception);
        }
    }

    /// <summary>The time an image's content bears unless the user states one: the file's own, behind any link. A block
    /// device has none that follows its content, and what may have changed must not look unchanged.</summary>
    public static DateTimeOffset TimeOf(string path, SafeFileHandle file, DateTimeOffset mountTime) =>
        FileKind.IsBlockDevice(path) ? mountTime : File.GetLastWriteTimeUtc(file);
}
