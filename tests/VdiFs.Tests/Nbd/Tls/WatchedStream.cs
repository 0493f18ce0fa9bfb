namespace VdiFs.Tests.Nbd.Tls;

/// <summary>A stream that counts what is asked of the one below it.</summary>
/// <param name="inner">The stream below; disposed with this one.</param>
internal sealed class WatchedStream(Stream inner) : Stream
{
    private const int Nothing = -1;

    private int _underWay = Nothing;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

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

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

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
