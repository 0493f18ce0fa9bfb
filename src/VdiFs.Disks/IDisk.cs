namespace VdiFs.Disks;

/// <summary>The bytes of one virtual disk, as the guest saw them. Thread-safe; reads may overlap.</summary>
public interface IDisk : IAsyncDisposable
{
    /// <summary>The disk's length in bytes, 0 or more, any number (not only whole sectors).</summary>
    long Length { get; }

    /// <summary>Fills every buffer of <paramref name="destination"/>, in order, with the bytes from
    /// <paramref name="diskOffset"/> on. Fills all of it or throws <see cref="DiskException"/>.</summary>
    /// <param name="diskOffset">Bytes from the start of the disk; offset and total length lie inside the disk.</param>
    /// <param name="destination">Owned by the caller; not touched any more once the task has ended.</param>
    /// <param name="cancellationToken">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    ValueTask ReadAsync(long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken);
}
