using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using VdiFs.Disks.Cache;

namespace VdiFs.Disks.Store;

/// <summary>Writes what readers have fetched, behind their backs: one after the other, out of a queue that has an end.
/// Whatever fails costs a block that is fetched again one day. Thread-safe.</summary>
internal sealed class StoreWriter : IAsyncDisposable
{
    /// <summary>Segments that are written at the same time, one of each disk: 1 GiB of room at most by default.</summary>
    private const int MaximumLive = 64;

    /// <summary>Of the whole room, segments being written take no more than a part: nobody evicts those.</summary>
    private const int LiveDivisor = 2;

    /// <summary>Blocks that are written before the table says so.</summary>
    private const int BatchBlocks = CachedDisk.FetchBlocks;

    /// <summary>How long nothing is tried after a failure: full file systems stay full for a while.</summary>
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMinutes(1);

    /// <summary>How long the end of a mount waits for what is still to be written.</summary>
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(10);

    private readonly BlockStoreOptions _options;
    private readonly IStoreFiles _files;
    private readonly StoreRoom _room;
    private readonly StoreCounters _counters;
    private readonly ILogger _logger;
    private readonly int _maximumLive;
    private readonly Channel<QueuedBlock> _queue;
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<string, bool> _forgotten = new();
    private readonly Task _loop;

    // Used by the loop alone.
    private readonly Dictionary<ContentKey, SegmentWriter> _live = [];
    private long _batches;
    private long _pausedAt;
    private volatile string? _trouble;

    public StoreWriter(BlockStoreOptions options, IStoreFiles files, StoreCounters counters, ILogger logger)
    {
        _options = options;
        _files = files;
        _counters = counters;
        _logger = logger;
        _room = new StoreRoom(options, files, counters);
        long segmentBytes = new SegmentHeader(_room.SegmentSlots, "").FileBytes;
        _maximumLive = (int)Math.Clamp(options.SizeBytes / segmentBytes / LiveDivisor, 1, MaximumLive);
        _queue = Channel.CreateBounded<QueuedBlock>(new BoundedChannelOptions(
            (int)(options.QueueBytes / CacheBlock.SizeBytes))
        {
            SingleReader = true,
        });
        _loop = RunAsync();
    }

    /// <summary>What all segments take, as last looked at.</summary>
    public long UsedBytes => _room.UsedBytes;

    /// <summary>Why nothing is written just now; null while that is not so.</summary>
    public string? Trouble => _trouble;

    /// <summary>Takes a block into the queue, with a reference of its own; a full queue takes none.</summary>
    public void Offer(QueuedBlock block)
    {
        block.Block.Acquire();
        if (IsForgotten(block.Key.Disk) || !_queue.Writer.TryWrite(block))
        {
            block.Block.Dispose();
            _counters.CountSkipped();
        }
    }

    /// <summary>Lets nothing of a disk be kept any more, and deletes what is.</summary>
    public void Forget(string disk)
    {
        // In this order: the loop looks there after each write.
        _forgotten[disk] = true;
        DeleteAll(disk);
    }

    /// <summary>Whether nothing of a disk is kept any more.</summary>
    public bool IsForgotten(string disk) => _forgotten.ContainsKey(disk);

    /// <summary>Waits until nothing is to be written, or the patience for that is over.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.Complete();
        try
        {
            await _loop.WaitAsync(ClosePatience).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            await _closing.CancelAsync().ConfigureAwait(false);
            DisksLog.StoreNotWritten(_logger, _options.Directory, ClosePatience);
            return;
        }

        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        // Off the mount's way.
        await Task.Yield();
        Try(_room.Look);
        List<QueuedBlock> batch = [];
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            TakeBatch(batch);
            await WriteAsync(batch).ConfigureAwait(false);
            foreach (QueuedBlock block in batch)
            {
                block.Block.Dispose();
            }

            batch.Clear();
        }

        foreach (SegmentWriter segment in _live.Values)
        {
            segment.Dispose();
        }
    }

    private void TakeBatch(List<QueuedBlock> batch)
    {
        while (batch.Count < BatchBlocks
            && _queue.Reader.TryPeek(out QueuedBlock? next)
            && (batch.Count == 0 || (next.Key == batch[0].Key && next.Index == batch[0].Index)))
        {
            _queue.Reader.TryRead(out _);
            batch.Add(next);
        }
    }

    private async Task WriteAsync(List<QueuedBlock> batch)
    {
        // Two mounts, or two fetches, may have brought the same block.
        QueuedBlock[] blocks = [.. batch.Where(block => !block.Index.Contains(block.BlockNumber))];
        string disk = batch[0].Key.Disk;
        if (blocks.Length == 0)
        {
            return;
        }

        int written = 0;
        try
        {
            while (written < blocks.Length && !IsPaused() && !IsForgotten(disk))
            {
                int count = await WriteSomeAsync(blocks.AsMemory(written)).ConfigureAwait(false);
                if (count == 0)
                {
                    break;
                }

                written += count;
                Resume();
            }
        }
#pragma warning disable CA1031 // The top of the loop: what cannot be written is not kept, and nothing else follows.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Pause(blocks[0].Key, exception.Message);
        }

        _counters.CountSkipped(blocks.Length - written);
        if (IsForgotten(disk))
        {
            End(blocks[0].Key);
            DeleteAll(disk);
        }
    }

    /// <summary>Writes as many blocks as one segment takes; 0 when there is no memory to remember them.</summary>
    private async Task<int> WriteSomeAsync(ReadOnlyMemory<QueuedBlock> blocks)
    {
        QueuedBlock head = blocks.Span[0];
        SegmentWriter segment = await FindSegmentAsync(head.Key).ConfigureAwait(false);
        int count = Math.Min(segment.Free, blocks.Length);
        if (segment.NumberIn(head.Index) is not { } number)
        {
            if (!head.Index.IsClosed)
            {
                return 0;
            }

            // For later mounts: this one has closed the disk, and its index takes in nothing more.
            number = 0;
        }

        int first = await segment.AppendAsync([.. blocks[..count].Span], _closing.Token).ConfigureAwait(false);
        for (int i = 0; i < count; i++)
        {
            head.Index.Add(blocks.Span[i].BlockNumber, new BlockPlace(number, first + i));
            _counters.CountWritten(blocks.Span[i].Length);
        }

        if (segment.Free == 0)
        {
            End(head.Key);
        }

        return count;
    }

    private async Task<SegmentWriter> FindSegmentAsync(ContentKey key)
    {
        if (_live.TryGetValue(key, out SegmentWriter? segment) && !File.Exists(segment.Path))
        {
            // Somebody has made room, or cleared away.
            End(key);
            segment = null;
        }

        if (segment is null)
        {
            if (_live.Count >= _maximumLive)
            {
                End(_live.MinBy(live => live.Value.LastUse).Key);
            }

            SegmentHeader header = new(_room.SegmentSlots, key.Content);
            HashSet<string> inUse = [.. _live.Values.Select(live => live.Path)];
            _room.Make(header.FileBytes, inUse.Contains);
            string path = StoreDirectory.NewSegment(_options.Directory, key.Disk, _options.TimeProvider.GetUtcNow());
            StoreDirectory.CreateOfDisk(_options.Directory, key.Disk);
            segment = await SegmentWriter.CreateAsync(_files, path, header, key, _closing.Token)
                .ConfigureAwait(false);
            _live.Add(key, segment);
        }

        segment.LastUse = ++_batches;
        return segment;
    }

    private bool IsPaused() =>
        _trouble is not null && _options.TimeProvider.GetElapsedTime(_pausedAt) < PauseAfterFailure;

    private void Pause(ContentKey key, string reason)
    {
        if (_trouble is null)
        {
            DisksLog.StorePaused(_logger, _options.Directory, reason);
        }

        _trouble = reason;
        _pausedAt = _options.TimeProvider.GetTimestamp();
        // A new one finds out whether it is the segment or the place.
        End(key);
    }

    private void Resume()
    {
        if (_trouble is not null)
        {
            _trouble = null;
            DisksLog.StoreResumed(_logger, _options.Directory);
        }
    }

    private void End(ContentKey key)
    {
        if (_live.Remove(key, out SegmentWriter? segment))
        {
            segment.Dispose();
        }
    }

    private void DeleteAll(string disk) => Try(() =>
    {
        foreach (FileInfo segment in StoreDirectory.SegmentsOf(_options.Directory, disk))
        {
            StoreDirectory.Delete(segment);
        }
    });

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            DisksLog.StoreFailed(_logger, _options.Directory, exception.Message);
        }
    }
}
