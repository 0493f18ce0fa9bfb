using VdiFs.Disks.Cache;

namespace VdiFs.Disks.Store;

/// <summary>
/// Compares a few of the blocks that earlier mounts kept with what the source has now, once, before anything is fetched
/// that would be mixed with them. Who only reads what is kept asks the source for nothing.
/// </summary>
/// <param name="source">The source.</param>
/// <param name="reader">Reads what is kept.</param>
/// <param name="index">What is kept.</param>
/// <param name="onChanged">Told when the source has something else.</param>
internal sealed class KeptContentCheck(
    IDisk source, SegmentReader reader, BlockIndex index, Action<string> onChanged) : IAsyncDisposable
{
    /// <summary>Blocks that are compared: 256 KiB for a disk that is kept in part.</summary>
    public const int SampleBlocks = 4;

    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();

    // What this mount has kept itself needs no comparison.
    private readonly IReadOnlyList<long> _sample = index.Sample(SampleBlocks);

    // Guarded by _gate.
    private Task? _running;

    /// <summary>Whether there is nothing more to compare.</summary>
    public bool IsDone => _sample.Count == 0 || Volatile.Read(ref _running) is { IsCompletedSuccessfully: true };

    /// <summary>Compares, or joins who is comparing; after a failure of the source the next call tries again.</summary>
    /// <exception cref="DiskException">Changed: it is another content; else the source failed.</exception>
    public Task RunAsync(CancellationToken cancellationToken)
    {
        Task running;
        lock (_gate)
        {
            if (_running is null or { IsFaulted: true } or { IsCanceled: true })
            {
                _running = CompareAsync();
            }

            running = _running;
        }

        return running.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        Task? running;
        lock (_gate)
        {
            running = _running;
        }

        await _closing.CancelAsync().ConfigureAwait(false);
        if (running is not null)
        {
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _closing.Dispose();
    }

    private async Task CompareAsync()
    {
        // Off the caller's lock.
        await Task.Yield();
        byte[] kept = new byte[CacheBlock.SizeBytes];
        byte[] fetched = new byte[CacheBlock.SizeBytes];
        foreach (long blockNumber in _sample)
        {
            await CompareAsync(blockNumber, kept, fetched).ConfigureAwait(false);
        }
    }

    private async Task CompareAsync(long blockNumber, byte[] kept, byte[] fetched)
    {
        long diskOffset = blockNumber * CacheBlock.SizeBytes;
        int length = (int)Math.Min(CacheBlock.SizeBytes, source.Length - diskOffset);
        var place = new BlockPlace?[1];
        index.Find(blockNumber, place);
        await reader.ReadAsync(blockNumber, place, [kept.AsMemory(0, length)], _closing.Token).ConfigureAwait(false);
        if (place[0] is null)
        {
            return;
        }

        try
        {
            await source.ReadAsync(diskOffset, [fetched.AsMemory(0, length)], _closing.Token).ConfigureAwait(false);
            // Elsewhere than where the reply was received: what follows works on files, and they may be slow.
            await Task.Yield();
        }
        catch (DiskException exception) when (exception.Kind == DiskErrorKind.ReadFailed)
        {
            // A bad sector tells nothing.
            return;
        }

        if (!fetched.AsSpan(0, length).SequenceEqual(kept.AsSpan(0, length)))
        {
            string reason = $"the {length} bytes at {diskOffset} are not those that an earlier mount kept";
            onChanged(reason);
            throw new DiskException(
                DiskErrorKind.Changed, $"what is kept of this disk is of another content: {reason}; mount again");
        }
    }
}
