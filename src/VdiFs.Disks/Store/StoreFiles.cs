using Microsoft.Win32.SafeHandles;

namespace VdiFs.Disks.Store;

/// <summary>The file system itself.</summary>
internal sealed class StoreFiles : IStoreFiles
{
    public static StoreFiles Instance { get; } = new();

    // CreateNew follows no link: nothing that was there before is ever written to.
    public FileStream Create(string path, long bytes)
    {
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            PreallocationSize = bytes,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        FileStream file = new(path, options);
        try
        {
            // So that its length tells all who look what it may come to take.
            RandomAccess.SetLength(file.SafeFileHandle, bytes);
            return file;
        }
        catch
        {
            End(file, 0);
            throw;
        }
    }

    public ValueTask WriteAsync(
        SafeFileHandle file, ReadOnlyMemory<byte> bytes, long fileOffset, CancellationToken cancellationToken) =>
        RandomAccess.WriteAsync(file, bytes, fileOffset, cancellationToken);

    public void End(FileStream file, long bytes)
    {
        try
        {
            if (bytes > 0)
            {
                RandomAccess.SetLength(file.SafeFileHandle, bytes);
            }
            else
            {
                File.Delete(file.Name);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It stays as it is; its head says what is in it.
        }

        file.Dispose();
    }

    public long FreeBytes(string directory) => new DriveInfo(directory).AvailableFreeSpace;
}
