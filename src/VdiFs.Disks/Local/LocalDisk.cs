using Microsoft.Win32.SafeHandles;

namespace VdiFs.Disks.Local;

/// <summary>A raw image in a local file, read in place. Owns its handle.</summary>
internal sealed class LocalDisk : IDisk
{
    private readonly SafeFileHandle _file;
    private readonly string _path;

    private LocalDisk(SafeFileHandle file, string path, long length)
    {
        _file = file;
        _path = path;
        Length = length;
    }

    public long Length { get; }

    public SafeFileHandle Handle => _file;

    public static LocalDisk Open(string path)
    {
        SafeFileHandle file = LocalImageFile.OpenForReading(path);
        return new LocalDisk(file, path, SparseFile.LengthOf(file));
    }

    public async ValueTask ReadAsync(
        long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
    {
        try
        {
            long wanted = 0;
            foreach (Memory<byte> buffer in destination)
            {
                wanted += buffer.Length;
            }

            long got = await RandomAccess.ReadAsync(_file, destination, diskOffset, cancellationToken)
                .ConfigureAwait(false);
            if (got != wanted)
            {
                await ReadRestAsync(diskOffset, destination, got, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DiskException(
                DiskErrorKind.ReadFailed, $"cannot read {_path} at {diskOffset}: {exception.Message}", exception);
        }
    }

    public ValueTask DisposeAsync()
    {
        _file.Dispose();
        return ValueTask.CompletedTask;
    }

    // preadv may stop early (a signal, IOV_MAX, or a file that was cut): go on buffer by buffer.
    private async Task ReadRestAsync(
        long diskOffset, IReadOnlyList<Memory<byte>> destination, long done, CancellationToken cancellationToken)
    {
        foreach (Memory<byte> buffer in destination)
        {
            int skip = (int)Math.Min(done, buffer.Length);
            Memory<byte> rest = buffer[skip..];
            done -= skip;
            diskOffset += skip;
            while (rest.Length > 0)
            {
                int got = await RandomAccess.ReadAsync(_file, rest, diskOffset, cancellationToken)
                    .ConfigureAwait(false);
                if (got == 0)
                {
                    throw new DiskException(
                        DiskErrorKind.ReadFailed,
                        $"{_path} ends at {diskOffset}, before its length of {Length} bytes: it was cut while mounted");
                }

                rest = rest[got..];
                diskOffset += got;
            }
        }
    }
}
