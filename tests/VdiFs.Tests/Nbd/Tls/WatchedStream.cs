using VdiFs.Nbd;

namespace VdiFs.Tests.Nbd.Tls;

/// <summary>A stream that counts what is asked of the one below it.</summary>
/// <param name="inner">The stream below; disposed with this one.</param>
internal sealed class WatchedStream(Stream inner) : ConnectionStream
{
    private const int Nothing = -1;

    private int _underWay = Nothing;

    /// <summary>Reads of zero bytes so far.</summary>
    public int Waits { get; private set; }

    /// <summary>Other reads so far.</summary>
    public int Receives { get; private set; }

    /// <summary>How many bytes the read that is under way would take; null when none is.</summary>
    public int? UnderWay => _underWay == Nothing ? null : _underWay;

    public bool IsDisposed { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            Waits++;
        }
        else
        {
            Receives++;
        }

        _underWay = buffer.Length;
        try
        {
            return await inner.ReadAsync(buffer, cancellationToken);
        }
        finally
        {
            _underWay = Nothing;
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(buffer, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            IsDisposed = true;
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
