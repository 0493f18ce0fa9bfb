using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Transmission;

/// <summary>
/// The receiving end of a connection. Headers go through a buffer that is just large enough to take a 4 KiB reply whole
/// in one receive; longer payloads are received straight into their destination, behind the little that came along with
/// the header.
/// </summary>
/// <param name="stream">Where from.</param>
/// <param name="isThreaded">
/// Whether receives block a thread of their own (<see cref="IThreadedStream"/>). Nothing interrupts them, so that a
/// caller's memory must not be lent before <see cref="WaitAsync"/>.
/// </param>
[SuppressMessage(
    "Design",
    "CA1001",
    Justification = "A source without timer or links holds nothing, and may be cancelled at any time.")]
internal sealed class ReceiveBuffer(Stream stream, bool isThreaded)
{
    /// <summary>
    /// A 4 KiB reply with its headers; also the longest part that must be seen whole, an error chunk.
    /// </summary>
    private const int Capacity = 4096 + 512;

    private readonly byte[] _bytes = new byte[Math.Max(Capacity, NbdLimits.ErrorChunkBytes)];
    private int _start;
    private int _end;
    private CancellationTokenSource _interruption = new();

    /// <summary>What is there and not consumed.</summary>
    public ReadOnlySpan<byte> Buffered => _bytes.AsSpan(_start.._end);

    /// <summary>
    /// Makes the receive that is under way return without bytes, unless it is one that does not wait. A socket's
    /// receive that is cancelled has taken nothing from the stream, so the connection stays in order.
    /// </summary>
    public void Interrupt() => Volatile.Read(ref _interruption).Cancel();

    /// <summary>
    /// Waits until there is something to take, where receives are not interrupted; elsewhere it is done at once.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WaitAsync()
    {
        if (isThreaded && _start == _end)
        {
            _ = await stream.ReadAsync(Memory<byte>.Empty, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Drops bytes from the front of <see cref="Buffered"/>.</summary>
    public void Consume(int count) => _start += count;

    /// <summary>Waits until <paramref name="count"/> bytes are buffered.</summary>
    /// <exception cref="EndOfStreamException">The server closed the connection.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask FillAsync(int count)
    {
        if (_bytes.Length - _start < count || _start == _end)
        {
            Buffered.CopyTo(_bytes);
            _end -= _start;
            _start = 0;
        }

        while (_end - _start < count)
        {
            _end += await ReceiveAsync(_bytes.AsMemory(_end)).ConfigureAwait(false);
        }
    }

    /// <summary>Takes at least one byte; 0 means that it was interrupted.</summary>
    /// <exception cref="EndOfStreamException">The server closed the connection.</exception>
    public ValueTask<int> TakeAsync(Memory<byte> destination)
    {
        int buffered = Math.Min(_end - _start, destination.Length);
        if (buffered == 0)
        {
            return ReceiveAsync(destination);
        }

        _bytes.AsSpan(_start, buffered).CopyTo(destination.Span);
        _start += buffered;
        return ValueTask.FromResult(buffered);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReceiveAsync(Memory<byte> destination)
    {
        CancellationTokenSource interruption = _interruption;
        try
        {
            CancellationToken token = isThreaded ? CancellationToken.None : interruption.Token;
            int received = await stream.ReadAsync(destination, token).ConfigureAwait(false);
            return received > 0 ? received : throw new EndOfStreamException("the server closed the connection");
        }
        catch (OperationCanceledException) when (interruption.IsCancellationRequested)
        {
            // A new one before the caller looks at its requests again: whoever wants to leave either finds this one or
            // was seen leaving. The old one has no timer, so it needs no disposal.
            Interlocked.Exchange(ref _interruption, new CancellationTokenSource());
            return 0;
        }
    }
}
