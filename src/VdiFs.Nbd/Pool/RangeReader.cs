using System.Runtime.CompilerServices;
using VdiFs.Nbd.Protocol;
using VdiFs.Nbd.Transmission;

namespace VdiFs.Nbd.Pool;

/// <summary>
/// Turns questions about any range of an export into requests that its server takes: aligned, not too long, several at
/// once.
/// </summary>
/// <param name="export">The export.</param>
/// <param name="carrier">Takes the requests there.</param>
/// <param name="requests">Where requests come from.</param>
/// <param name="piecesAtOnce">Pieces of one long read that are under way at once.</param>
internal sealed class RangeReader(
    NbdExport export, IRequestCarrier carrier, RequestPool requests, int piecesAtOnce)
{
    /// <inheritdoc cref="NbdClient.ReadAsync"/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ReadAsync(
        long offset, IReadOnlyList<Memory<byte>> buffers, bool isAlone, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(buffers);
        long length = TotalLength(buffers);
        CheckRange(offset, length);
        if (length == 0)
        {
            return;
        }

        BlockRange range = BlockRange.Around(offset, length, export);
        if (range.Offset == offset && range.Length == length && length <= export.MaximumPayload)
        {
            await ReadPieceAsync(offset, length, new ScatterTarget(buffers, 0), isAlone, cancellationToken)
                .ConfigureAwait(false);
            return;
        }

        await ReadInPiecesAsync(range, offset, length, buffers, isAlone, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="NbdClient.GetBlockStatusAsync"/>
    public async Task<IReadOnlyList<NbdExtent>> GetBlockStatusAsync(
        long offset, long length, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        CheckRange(offset, length);
        BlockRange range = BlockRange.Around(offset, length, export);
        PendingRequest request = requests.Rent();
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

    private async Task ReadInPiecesAsync(
        BlockRange range,
        long offset,
        long length,
        IReadOnlyList<Memory<byte>> buffers,
        bool isAlone,
        CancellationToken cancellationToken)
    {
        // What the server's minimum block size adds at the ends lands in throw-away memory around the caller's.
        List<Memory<byte>> all = [new byte[offset - range.Offset], .. buffers, new byte[range.End - offset - length]];
        using CancellationTokenSource giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task> pieces = [];
        for (long position = 0; position < range.Length; position += export.MaximumPayload)
        {
            long pieceLength = Math.Min(export.MaximumPayload, range.Length - position);
            ScatterTarget target = new(all, position);
            pieces.Add(ReadOrGiveUpAsync(range.Offset + position, pieceLength, target, isAlone, giveUp));
            if (pieces.Count == piecesAtOnce || position + pieceLength == range.Length)
            {
                // All of them have ended, and with them every use of the buffers, before an error leaves this method.
                await Task.WhenAll(pieces).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                cancellationToken.ThrowIfCancellationRequested();
                await (pieces.Find(piece => piece.IsFaulted) ?? Task.CompletedTask).ConfigureAwait(false);
                pieces.Clear();
            }
        }
    }

    private async Task ReadOrGiveUpAsync(
        long offset, long length, ScatterTarget target, bool isAlone, CancellationTokenSource giveUp)
    {
        bool isDone = false;
        try
        {
            await ReadPieceAsync(offset, length, target, isAlone, giveUp.Token).ConfigureAwait(false);
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
        long offset, long length, ScatterTarget target, bool isAlone, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        PendingRequest request = requests.Rent();
        request.PrepareRead(offset, length, target, isAlone);
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
        carrier.Dispatch(request);
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
            carrier.Forget(request);
        }
    }

    private void CheckRange(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, export.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, export.Length - offset);
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
