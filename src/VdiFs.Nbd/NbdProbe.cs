using VdiFs.Nbd.Pool;

namespace VdiFs.Nbd;

/// <summary>
/// A connection that is open and not used yet, for looking at what is behind it before it is trusted. Only valid
/// during the call of <see cref="NbdClientOptions.Verify"/> that it was made for. Thread-safe.
/// </summary>
public sealed class NbdProbe : IDisposable
{
    private readonly RangeReader _reader;
    private readonly SemaphoreSlim _turns;

    internal NbdProbe(NbdExport export, RangeReader reader, int readsAtOnce)
    {
        Export = export;
        _reader = reader;
        _turns = new SemaphoreSlim(readsAtOnce);
    }

    /// <summary>The export as this connection found it.</summary>
    public NbdExport Export { get; }

    /// <summary>Reads over this connection and no other; else as <see cref="NbdClient.ReadAsync"/>.</summary>
    /// <param name="offset">Disk offset in bytes.</param>
    /// <param name="buffers">Where to put the bytes.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    /// <exception cref="NbdException">As for a read of the client.</exception>
    public async ValueTask ReadAsync(
        long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _reader.ReadAsync(offset, buffers, isAlone: false, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();
}
