namespace VdiFs.Disks;

/// <summary>Counts what is fetched from the disk below. Owns it.</summary>
public sealed class MeteredDisk(IDisk source) : IDisk
{
    private long _requests;
    private long _bytes;
    private long _failures;

    /// <inheritdoc/>
    public long Length => source.Length;

    /// <summary>Reads asked of the disk below.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Bytes the disk below has delivered.</summary>
    public long BytesFetched => Interlocked.Read(ref _bytes);

    /// <summary>Reads that failed.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <inheritdoc/>
    public async ValueTask ReadAsync(
        long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _requests);
        try
        {
            await source.ReadAsync(diskOffset, destination, cancellationToken).ConfigureAwait(false);
        }
        catch (DiskException)
        {
            Interlocked.Increment(ref _failures);
            throw;
        }

        long bytes = 0;
        for (int i = 0; i < destination.Count; i++)
        {
            bytes += destination[i].Length;
        }

        Interlocked.Add(ref _bytes, bytes);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => source.DisposeAsync();
}
