using Microsoft.Win32.SafeHandles;

namespace VdiFs.Disks.Store;

/// <summary>What the store writes to its file system by; tests let it fail in between.</summary>
internal interface IStoreFiles
{
    /// <summary>Makes a file that was not there before, for this user alone, of this length and with room for
    /// it.</summary>
    FileStream Create(string path, long bytes);

    /// <summary>Writes all bytes.</summary>
    ValueTask WriteAsync(
        SafeFileHandle file, ReadOnlyMemory<byte> bytes, long fileOffset, CancellationToken cancellationToken);

    /// <summary>Closes a file that was made, and cuts it to a length; deletes it when that is 0.</summary>
    void End(FileStream file, long bytes);

    /// <summary>What this user may still write to a directory's file system, in bytes.</summary>
    long FreeBytes(string directory);
}
