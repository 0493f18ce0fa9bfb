using Microsoft.Win32.SafeHandles;

namespace VdiFs.Disks.Local;

/// <summary>Opens local images with errors that say what to do.</summary>
internal static class LocalImageFile
{
    /// <exception cref="DiskException">The image is absent, a directory, or may not be read.</exception>
    public static SafeFileHandle OpenForReading(string path)
    {
        if (Directory.Exists(path))
        {
            throw new DiskException(
                DiskErrorKind.NotFound, $"{path} is a directory: name the image file itself");
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
}
