using Microsoft.Extensions.Logging;
using VdiFs.Nbd.Pool;

namespace VdiFs.Nbd;

/// <summary>
/// Reads one export of one server over one or more connections. A lost connection is replaced in the background while
/// another one lives; with the last one the client is over, and whoever wants to go on connects a new one. All members
/// may be used from any thread at any time. Bytes are received straight into the callers' buffers.
/// </summary>
public sealed class NbdClient : IAsyncDisposable
{
    /// <summary>Pieces of one long or unaligned read that are under way at once.</summary>
    private const int PiecesAtOnce = 16;

    private readonly ConnectionPool _pool;
    private readonly RangeReader _reader;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _keeping;
    private int _isDisposed;

    private NbdClient(NbdExport export, ConnectionPool pool, NbdClientOptions options, PoolKeeper keeper)
    {
        Export = export;
        _pool = pool;
        RequestPool requests = new(options.Connections * options.RequestsInFlight);
        _reader = new RangeReader(export, pool, requests, PiecesAtOnce);
        bool hasSeveral = export.CanMultiConnect || options.AssumeMultiConnect;
        _keeping = keeper.RunAsync(hasSeveral ? options.Connections : 1, _closing.Token);
    }

    /// <summary>The export as the first connection found it; all connections agree with it.</summary>
    public NbdExport Export { get; }

    /// <summary>
    /// Connections that are open now; grows to the option's number shortly after connecting, falls when some are lost,
    /// and grows again.
    /// </summary>
    public int ConnectionCount => _pool.Count;

    /// <summary>Whether a read may still succeed; once false it stays so.</summary>
    public bool IsAlive => !_pool.IsOver;

    /// <summary>Why no read can succeed any more; null while one may, or when the client was disposed first.</summary>
    public NbdException? Fault => _pool.Fault;

    /// <summary>
    /// Opens the URI's export. Returns with the first connection; more are opened in the background, one after the
    /// other, when the server allows several (NBD_FLAG_CAN_MULTI_CONN).
    /// </summary>
    /// <param name="uri">The export.</param>
    /// <param name="options">Limits.</param>
    /// <param name="logger">Told of connections opened and lost.</param>
    /// <param name="cancellationToken">Ends the attempt at once.</param>
    /// <exception cref="NbdException">Any kind; ServerError and ExportChanged only from the verification.</exception>
    public static async Task<NbdClient> ConnectAsync(
        NbdUri uri, NbdClientOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(uri);
        ArgumentNullException.ThrowIfNull(options);
        ConnectionOpener opener = new(uri, options);
        ConnectionPool pool = new(options, opener.Address, logger);
        ConnectionAdmission admission = new(opener, pool, options);
        try
        {
            NbdExport export = await admission.AdmitAsync(expected: null, cancellationToken).ConfigureAwait(false);
            PoolKeeper keeper = new(admission, pool, export, options, logger);
            return new NbdClient(export, pool, options, keeper);
        }
        catch
        {
            await pool.DisposeAsync().ConfigureAwait(false);
            throw;
        }
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
    public ValueTask ReadAsync(long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken) =>
        _reader.ReadAsync(offset, buffers, isAlone: false, cancellationToken);

    /// <summary>
    /// As <see cref="ReadAsync"/>, over a connection that carries nothing else meanwhile: when the server hangs up
    /// (<see cref="NbdException.IsHangUp"/>), it does so at this read and at no other. Waits until a connection is
    /// idle.
    /// </summary>
    /// <param name="offset">Disk offset in bytes.</param>
    /// <param name="buffers">Where to put the bytes.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    public ValueTask ReadAloneAsync(
        long offset, IReadOnlyList<Memory<byte>> buffers, CancellationToken cancellationToken) =>
        _reader.ReadAsync(offset, buffers, isAlone: true, cancellationToken);

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
    public Task<IReadOnlyList<NbdExtent>> GetBlockStatusAsync(
        long offset, long length, CancellationToken cancellationToken) =>
        Export.HasBaseAllocation
            ? _reader.GetBlockStatusAsync(offset, length, cancellationToken)
            : throw new InvalidOperationException("the export has no base:allocation");

    /// <summary>
    /// Gives connections up that owe replies and have brought no byte of one for this long; reads under way on them
    /// fail with ConnectionLost.
    /// </summary>
    /// <param name="limit">The longest silence that is borne.</param>
    public void DropSilentConnections(TimeSpan limit) => _pool.DropSilent(limit);

    /// <summary>
    /// Closes one of several connections in order, as soon as it owes no reply; false when only one is open. Its place
    /// is filled again after a pause, if the transport has a connection to spare.
    /// </summary>
    public bool TryGiveUpConnection() => _pool.TryGiveOneUp();

    /// <summary>Says good-bye (NBD_CMD_DISC) and closes all connections; reads under way fail.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        await _keeping.ConfigureAwait(false);
        await _pool.DisposeAsync().ConfigureAwait(false);
        _closing.Dispose();
    }
}
