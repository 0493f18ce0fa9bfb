using Microsoft.Extensions.Logging;
using VdiFs.Disks.Cache;

namespace VdiFs.Disks.Store;

/// <summary>A disk whose blocks are kept in files: reads them from there, and from the disk below what is missing.
/// Thread-safe. Does not own the disk below.</summary>
internal sealed class StoredDisk : IDisk
{
    private readonly IDisk _source;
    private readonly ContentKey _key;
    private readonly BlockStore _store;
    private readonly StoreCounters _counters;
    private readonly Action _throwIfChanged;
    private readonly SegmentReader _reader;
    private readonly KeptContentCheck _check;

    /// <param name="source">The disk below.</param>
    /// <param name="content">Which content it has, and whether it still has it.</param>
    /// <param name="index">What is kept of it; owned.</param>
    /// <param name="counters">Counts what is found and what is not.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Told of damage, and of content that is another.</param>
    public StoredDisk(
        IDisk source,
        StoredContent content,
        BlockIndex index,
        StoreCounters counters,
        TimeProvider time,
        ILogger logger)
    {
        _source = source;
        _key = content.Key;
        _store = content.Store;
        _counters = counters;
        _throwIfChanged = content.ThrowIfChanged;
        Index = index;
        _reader = new SegmentReader(index, content.Key, counters, time)
        {
            OnDamage = reason => DisksLog.StoredBlockDamaged(logger, content.Name, reason),
        };
        _check = new KeptContentCheck(source, _reader, index, reason =>
        {
            DisksLog.StoredContentChanged(logger, content.Name, reason);
            _store.Forget(_key.Disk);
        });
    }

    public long Length => _source.Length;

    /// <summary>What is kept.</summary>
    public BlockIndex Index { get; }

    public ValueTask ReadAsync(
        long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
    {
        if (!AreWholeBlocks(diskOffset, destination))
        {
            return FetchAsync(diskOffset, destination, cancellationToken);
        }

        var places = new BlockPlace?[destination.Count];
        int found = Index.Find(diskOffset / CacheBlock.SizeBytes, places);
        if (found == 0)
        {
            _counters.CountMisses(places.Length);
            return FetchAsync(diskOffset, destination, cancellationToken);
        }

        return ReadKeptAsync(diskOffset, destination, places, cancellationToken);
    }

    /// <summary>Offers blocks that have just been fetched, to be kept; those that are kept already are passed over.
    /// Never waits.</summary>
    public void Offer(long firstBlock, ReadOnlySpan<CacheBlock> blocks)
    {
        for (int i = 0; i < blocks.Length; i++)
        {
            if (!Index.Contains(firstBlock + i))
            {
                _store.Offer(new QueuedBlock(_key, Index, firstBlock + i, LengthOf(firstBlock + i), blocks[i]));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _check.DisposeAsync().ConfigureAwait(false);
        Index.Dispose();
    }

    private async ValueTask ReadKeptAsync(
        long diskOffset,
        IReadOnlyList<Memory<byte>> destination,
        BlockPlace?[] places,
        CancellationToken cancellationToken)
    {
        _throwIfChanged();
        bool[] isMissing = [.. places.Select(place => place is null)];
        // What is known to be missing is on its way while the rest is read.
        Task fetching = FetchRunsAsync(diskOffset, destination, isMissing, cancellationToken);
        try
        {
            await _reader.ReadAsync(diskOffset / CacheBlock.SizeBytes, places, destination, cancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            // Nothing may write to the buffers any more when this read has ended.
            await fetching.ConfigureAwait(false);
        }

        bool[] hasFailed = [.. places.Select((place, i) => place is null && !isMissing[i])];
        await FetchRunsAsync(diskOffset, destination, hasFailed, cancellationToken).ConfigureAwait(false);
        _throwIfChanged();
    }

    private Task FetchRunsAsync(
        long diskOffset,
        IReadOnlyList<Memory<byte>> destination,
        bool[] isWanted,
        CancellationToken cancellationToken)
    {
        List<Task> fetches = [];
        for (int first = 0; first < isWanted.Length; first++)
        {
            int end = first;
            while (end < isWanted.Length && isWanted[end])
            {
                end++;
            }

            if (end > first)
            {
                _counters.CountMisses(end - first);
                long offset = diskOffset + ((long)first * CacheBlock.SizeBytes);
                fetches.Add(FetchRunAsync(offset, [.. destination.Take(first..end)], cancellationToken));
                first = end;
            }
        }

        return Task.WhenAll(fetches);
    }

    // Throws nothing but through its task, so that none of several is forgotten.
    private async Task FetchRunAsync(long diskOffset, Memory<byte>[] destination, CancellationToken cancellationToken) =>
        await FetchAsync(diskOffset, destination, cancellationToken).ConfigureAwait(false);

    private ValueTask FetchAsync(
        long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken) =>
        _check.IsDone
            ? _source.ReadAsync(diskOffset, destination, cancellationToken)
            : CheckAndFetchAsync(diskOffset, destination, cancellationToken);

    private async ValueTask CheckAndFetchAsync(
        long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
    {
        await _check.RunAsync(cancellationToken).ConfigureAwait(false);
        await _source.ReadAsync(diskOffset, destination, cancellationToken).ConfigureAwait(false);
    }

    private bool AreWholeBlocks(long diskOffset, IReadOnlyList<Memory<byte>> destination)
    {
        long blockNumber = diskOffset / CacheBlock.SizeBytes;
        if (diskOffset % CacheBlock.SizeBytes != 0)
        {
            return false;
        }

        for (int i = 0; i < destination.Count; i++)
        {
            if (destination[i].Length != LengthOf(blockNumber + i))
            {
                return false;
            }
        }

        return true;
    }

    private int LengthOf(long blockNumber) =>
        (int)Math.Min(CacheBlock.SizeBytes, Length - (blockNumber * CacheBlock.SizeBytes));
}
