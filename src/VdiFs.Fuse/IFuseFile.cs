namespace VdiFs.Fuse;

/// <summary>
/// A file's content, read by several threads at once. The server clips every read to <see cref="Length"/> first and
/// checks afterwards that exactly the asked number of bytes was appended; anything else is answered EIO.
/// </summary>
public interface IFuseFile
{
    /// <summary>The length in bytes; constant when <see cref="IsImmutable"/>.</summary>
    long Length { get; }

    /// <summary>
    /// True when the bytes under this node id never change: the kernel then keeps its cached pages from open to open.
    /// False bypasses the kernel's page cache (FOPEN_DIRECT_IO).
    /// </summary>
    bool IsImmutable { get; }

    /// <summary>The local file that holds this file's bytes, and always the same; null: there is none.</summary>
    FuseBacking? Backing => null;

    /// <summary>
    /// Reads without waiting, on the thread that read the request: no blocking, no task, no allocation.
    /// </summary>
    /// <param name="fileOffset">First byte, 0 to Length - 1.</param>
    /// <param name="length">Bytes to append, 1 to 1 MiB, never past the file's end.</param>
    /// <param name="reply">Receives exactly <paramref name="length"/> bytes.</param>
    /// <returns>False when it would have to wait; what was appended is dropped and ReadAsync is called.</returns>
    bool TryRead(long fileOffset, int length, FuseReadReply reply);

    /// <summary>
    /// As <see cref="TryRead"/>, but may wait. Throws when the bytes cannot be had: never zeros instead.
    /// </summary>
    ValueTask ReadAsync(long fileOffset, int length, FuseReadReply reply, CancellationToken cancellationToken);

    /// <summary>
    /// The first offset at or after <paramref name="fileOffset"/> that holds data; -1 = none before the end.
    /// </summary>
    long SeekData(long fileOffset);

    /// <summary>
    /// The first offset at or after <paramref name="fileOffset"/> in a hole; the end of a file is one.
    /// </summary>
    long SeekHole(long fileOffset);
}
