using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Store;
using Xunit;

namespace VdiFs.Tests.Disks.Store;

/// <summary>One mount with a store: an empty memory cache, and one disk in front of a source.</summary>
internal sealed class StoreMount : IAsyncDisposable
{
    public const int Block = CacheBlock.SizeBytes;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stopping = new();
    private readonly StoredDisk? _stored;

    public StoreMount(
        string directory,
        IDisk source,
        IStoreFiles? files = null,
        BlockStoreOptions? options = null,
        ContentKey? key = null,
        ILogger? logger = null)
    {
        Cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        options ??= new BlockStoreOptions
        {
            Directory = directory,
            SegmentSlots = 4,
            MinimumFreeBytes = 0,
        };
        Store = new BlockStore(
            options with { Directory = directory }, files ?? StoreFiles.Instance, logger ?? NullLogger.Instance);
        _stored = Store.TryOpen(source, new StoredContent(Store, key ?? Key, "the disk"), Cache);
        Disk = new CachedDisk(_stored is null ? source : _stored, Cache, _stopping.Token);
    }

    /// <summary>What all mounts of a test say the disk's content is.</summary>
    public static ContentKey Key { get; } = ContentKey.Of("a disk", "as it was once");

    public BlockCache Cache { get; }

    public BlockStore Store { get; }

    public CachedDisk Disk { get; }

    public int Kept => _stored?.Index.Count ?? 0;

    /// <summary>Reads, and compares with what the disk must have there.</summary>
    public async Task CheckAsync(long diskOffset, int length)
    {
        for (int done = 0; done < length;)
        {
            int piece = Math.Min(length - done, 1 << 20);
            var borrower = new CopyingBorrower();
            await Disk.LendAsync(diskOffset + done, piece, borrower, TestContext.Current.CancellationToken)
                .AsTask().WaitAsync(Bound, TestContext.Current.CancellationToken);
            Assert.True(
                PatternDisk.Slice(diskOffset + done, piece).AsSpan().SequenceEqual(borrower.Bytes),
                $"wrong bytes at {diskOffset + done}");
            done += piece;
        }
    }

    /// <summary>Waits until the store has come to something.</summary>
    public async Task WaitAsync(Func<StoreStatus, bool> isSo)
    {
        using CancellationTokenSource bound = new(Bound);
        while (!isSo(Store.Status))
        {
            await Task.Delay(1, bound.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Disk.DrainAsync();
        if (_stored is not null)
        {
            await _stored.DisposeAsync();
        }

        await Store.DisposeAsync();
        Cache.Dispose();
        _stopping.Dispose();
    }
}
