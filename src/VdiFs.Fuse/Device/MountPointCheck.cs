using Microsoft.Extensions.Logging;

namespace VdiFs.Fuse.Device;

/// <summary>Is this a place to mount at?</summary>
internal static class MountPointCheck
{
    /// <summary>Clears a dead mount of ours, then checks the directory.</summary>
    /// <returns>The canonical path.</returns>
    /// <exception cref="FuseMountException">It is not, with cause and cure.</exception>
    public static string Prepare(string mountPoint, string fileSystemType, ILogger logger)
    {
        string path = SystemPath.Canonicalize(mountPoint) ?? throw Missing(mountPoint);
        if (StaleMount.Clear(path, fileSystemType) > 0)
        {
            FuseLog.StaleMountCleared(logger, path);
        }

        if (File.Exists(path))
        {
            throw new FuseMountException(
                FuseMountErrorKind.NotADirectory, $"{mountPoint}: a file; a mount point is an empty directory");
        }

        if (!Directory.Exists(path))
        {
            throw Missing(mountPoint);
        }

        try
        {
            if (Directory.EnumerateFileSystemEntries(path).Any())
            {
                throw new FuseMountException(
                    FuseMountErrorKind.NotEmpty,
                    $"{mountPoint}: not empty, and the mount would hide what is in it; use an empty directory");
            }
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            throw new FuseMountException(
                FuseMountErrorKind.NotPermitted, $"{mountPoint}: cannot be read: {exception.Message}");
        }

        return path;
    }

    private static FuseMountException Missing(string mountPoint) =>
        new(FuseMountErrorKind.Missing, $"{mountPoint}: no such directory; make it first: mkdir -p {mountPoint}");
}
