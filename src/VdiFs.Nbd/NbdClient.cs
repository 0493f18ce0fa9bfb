using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using VdiFs.Nbd.Handshake;
using VdiFs.Nbd.Pool;
using VdiFs.Nbd.Protocol;
using VdiFs.Nbd.Transmission;

namespace VdiFs.Nbd;

/// <summary>
/// Reads one export over one or more connections. All members may be used from any thread at any time. Bytes are
/// received straight into the callers' buffers.
/// </summary>
public sealed class NbdClient : IAsyncDisposable
{
    /// <summary>Pieces of one long or unaligned read that are under way at once.</summary>
    private const int PiecesAtOnce = 16;

    private readonly ConnectionPool _pool;
    private readonly RequestPool _requests;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _growing;
    private int _isDisposed;

    private NbdClient(NbdExport export, ConnectionPool pool, NbdClientOptions options, PoolGrowth growth)
    {
        Export = export;
        _pool = pool;
        _requests = new RequestPool(options.Connections * options.RequestsInFlight);
        _growing = growth.RunAsync(export.CanMultiConnect ? options.Connections - 1 : 0, _closing.Token);
    }

    /// <summary>The export as the first connection found it; all connections agree with it.</summary>
    public NbdExport Export { get; }

    /// <summary>
    /// Connections that are open now; grows to the option's number shortly after connecting,
    /// and falls when some are lost.
    /// </summary>
    public int ConnectionCount => _pool.Count;

    /// <summary>
    /// Opens the URI's export. Returns with the first connection; more are opened in the background, one after the
    /// other, when the server allows several (NBD_FLAG_CAN_MULTI_CONN).
    /// </summary>
    /// <param name="uri">The export.</param>
    /// <param name="options">Limits.</param>
    /// <param name="logger">Told of connections opened and lost.</param>
    /// <param name="cancellationToken">Ends the attempt at once.</param>
    /// <exception cref="NbdException">Any kind but ServerError and ExportChanged.</exception>
    public static Task<NbdClient> ConnectAsync(
        NbdUri uri, NbdClientOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(uri);
        ArgumentNullException.ThrowIfNull(options);
        return ConnectAsync(uri, options, Transport.ConnectAsync, logger, cancellationToken);
    }

    /// <summary>
    /// Fills the buffers, in order, with the bytes from <paramref name="offset"/> on, or throws. Any range inside the
    /// export is fine. The buffers and the list belong to the client until the task has ended, and not a moment longer,
    /// also when it was cancelled; after a failure their contents are undefined.
    /// </summary>
    /// <param name="offset">Disk offset in bytes.</param>
    /// <param name="buffers">Where to put the bytes; their lengths add up to the length of the read.</param>
    /// <param name="cancellationToken">Ends the wait at once; the reply is thrown away when it comes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The range is not inside the export.</exception>
    /// <exception cref="NbdException">ConnectionLost, ServerError, Protocol or ExportChanged.</exception>
    /// <exception cref="ObjectDisposedException">The client was disposed.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ReadAsync(
        long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        long length = TotalLength(buffers);
        CheckRange(offset, length);
        if (length == 0)
        {
            return;
        }

        BlockRange range = BlockRange.Around(offset, length, Export);
        if (range.Offset == offset && range.Length == length && length <= Export.MaximumPayload)
        {
            await ReadPieceAsync(offset, length, new ScatterTarget(buffers, 0), cancellationToken)
                .ConfigureAwait(false);
            return;
        }

        await ReadInPiecesAsync(range, offset, length, buffers, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Tells which bytes from <paramref name="offset"/> on are holes or zero: at least one extent, without gaps, not
    /// beyond the range. It may end before it; ask again from there.
    /// </summary>
    /// <param name="offset">Disk offset in bytes.</param>
    /// <param name="length">Bytes, at least 1.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    /// <exception cref="InvalidOperationException">The export has no base:allocation.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty or not inside the export.</exception>
    /// <exception cref="NbdException">As for a read.</exception>
    public async Task<IReadOnlyList<NbdExtent>> GetBlockStatusAsync(
        long offset, long length, CancellationToken cancellationToken)
    {
        if (!Export.HasBaseAllocation)
        {
            throw new InvalidOperationException("the export has no base:allocation");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        CheckRange(offset, length);
        BlockRange range = BlockRange.Around(offset, length, Export);
        PendingRequest request = _requests.Rent();
        request.PrepareBlockStatus(range.Offset, Math.Min(range.Length, NbdLimits.BlockStatusBytes));
        try
        {
            await RunAsync(request, cancellationToken).ConfigureAwait(false);
            return Cut(request.Extents!, offset - range.Offset, length);
        }
        finally
        {
            request.Release();
        }
    }

    /// <summary>Says good-bye (NBD_CMD_DISC) and closes all connections; reads under way fail.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await _growing.ConfigureAwait(false);
        await _pool.DisposeAsync().ConfigureAwait(false);
        _closing.Dispose();
    }

    internal static async Task<NbdClient> ConnectAsync(
        NbdUri uri,
        NbdClientOptions options,
        Func<NbdUri, CancellationToken, Task<Stream>> connect,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        ConnectionOpener opener = new(uri, options, connect);
        (Stream stream, HandshakeResult first) = await opener.OpenAsync(cancellationToken).ConfigureAwait(false);
        ConnectionPool pool = new(options.RequestsInFlight, uri.ToString(), logger);
        pool.TryAdd(stream, first);
        PoolGrowth growth = new(opener, pool, first.Export, uri.ToString(), logger);
        return new NbdClient(first.Export, pool, options, growth);
    }

    private async Task ReadInPiecesAsync(
        BlockRange range,
        long offset,
        long length,
        IReadOnlyList<Memory<byte>> buffers,
        CancellationToken cancellationToken)
    {
        // What the server's minimum block size adds at the ends lands in throw-away memory around the caller's.
        List<Memory<byte>> all = [new byte[offset - range.Offset], .. buffers, new byte[range.End - offset - length]];
        using CancellationTokenSource giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task> pieces = [];
        for (long position = 0; position < range.Length; position += Export.MaximumPayload)
        {
            long pieceLength = Math.Min(Export.MaximumPayload, range.Length - position);
            pieces.Add(
                ReadOrGiveUpAsync(range.Offset + position, pieceLength, new ScatterTarget(all, position), giveUp));
            if (pieces.Count == PiecesAtOnce || position + pieceLength == range.Length)
            {
                // All of them have ended, and with them every use of the buffers, before an error leaves this method.
                await Task.WhenAll(pieces).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
                await (pieces.Find(piece => piece.IsFaulted) ?? Task.CompletedTask).ConfigureAwait(false);
                pieces.Clear();
            }
        }
    }

    private async Task ReadOrGiveUpAsync(long offset, long length, ScatterTarget target, CancellationTokenSource giveUp)
    {
        bool isDone = false;
        try
        {
            await ReadPieceAsync(offset, length, target, giveUp.Token).ConfigureAwait(false);
            isDone = true;
        }
        finally
        {
            if (!isDone)
            {
                await giveUp.CancelAsync().ConfigureAwait(false);
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReadPieceAsync(
        long offset, long length, ScatterTarget target, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        PendingRequest request = _requests.Rent();
        request.PrepareRead(offset, length, target);
        try
        {
            await RunAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            request.Release();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask RunAsync(PendingRequest request, CancellationToken cancellationToken)
    {
        _pool.Dispatch(request);
        CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((PendingRequest)state!).Cancel(token), request);
        try
        {
            await request.Completion.ConfigureAwait(false);
        }
        finally
        {
            // Waits for a callback that is running, so that none finds the request in its next life.
            await registration.DisposeAsync().ConfigureAwait(false);
            _pool.Forget(request);
        }
    }

    private void CheckRange(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Export.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Export.Length - offset);
    }

    private static long TotalLength(IReadOnlyList<Memory<byte>> buffers)
    {
        long length = 0;
        for (int i = 0; i < buffers.Count; i++)
        {
            length += buffers[i].Length;
        }

        return length;
    }

    /// <summary>Takes what was asked for out of extents that start <paramref name="skip"/> bytes earlier.</summary>
    private static List<NbdExtent> Cut(IReadOnlyList<NbdExtent> extents, long skip, long length)
    {
        List<NbdExtent> cut = [];
        foreach (NbdExtent extent in extents)
        {
            long kept = Math.Min(extent.Length - Math.Min(skip, extent.Length), length);
            skip -= extent.Length - Math.Max(extent.Length - skip, 0);
            length -= kept;
            if (kept > 0)
            {
                cut.Add(extent with { Length = kept });
            }
        }

        return cut.Count > 0
            ? cut
            : throw NbdException.Protocol("a block status ends before the bytes that were asked about");
    }
}
