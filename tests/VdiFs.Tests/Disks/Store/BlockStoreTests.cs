using VdiFs.Disks;
using VdiFs.Disks.Store;
using VdiFs.Tests.Disks.Failover;
using VdiFs.Tests.Xapi.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Store;

/// <summary>What one mount has read the next ones find, and nobody waits for it.</summary>
public sealed class BlockStoreTests : StoreTest
{
    private const int Length = (9 * Block) + 777;

    [Fact]
    public async Task A_second_mount_fetches_nothing()
    {
        await KeepAsync(Length);
        var source = new PatternDisk(Length);
        await using StoreMount again = new(Directory, source);

        await again.CheckAsync(0, Length);

        Assert.Empty(source.Reads);
        Assert.Equal((10, 0, Length), (again.Store.Status.Hits, again.Store.Status.Misses, again.Store.Status.BytesRead));
    }

    [Fact]
    public async Task What_a_mount_has_written_it_finds_itself_when_its_memory_has_gone()
    {
        const int long_ = 80 * Block;
        var source = new PatternDisk(long_);
        await using StoreMount mount = new(Directory, source);
        for (int i = 0; i < 80; i++)
        {
            await mount.CheckAsync(i * Block, Block);
            await mount.WaitAsync(status => status.Written == i + 1);
        }

        await mount.CheckAsync(0, long_);

        Assert.Equal(80, source.Reads.Count);
        Assert.InRange(mount.Store.Status.Hits, 80 - 64, 80);
    }

    [Fact]
    public async Task Only_what_is_missing_is_fetched_and_a_sample_of_the_rest_is_compared()
    {
        await using (StoreMount first = new(Directory, new PatternDisk(Length)))
        {
            await first.CheckAsync(2 * Block, 3 * Block);
        }

        var source = new PatternDisk(Length);
        await using StoreMount again = new(Directory, source);
        await again.CheckAsync(0, Length);

        (long, long)[] compared = [.. source.Reads.Where(read => read.Length == Block)];
        Assert.All(compared, read => Assert.InRange(read.Item1, 2 * Block, 4 * Block));
        Assert.Equal(3, compared.Length);
        Assert.Equal(
            [(0, 2 * Block), (5 * Block, Length - (5 * Block))],
            source.Reads.Except(compared).OrderBy(read => read.Item1));
    }

    [Fact]
    public async Task Other_content_is_not_found()
    {
        await KeepAsync(Length);
        var source = new PatternDisk(Length);
        await using StoreMount other = new(
            Directory, source, key: ContentKey.Of("a disk", "as it was at another time"));

        Assert.Equal(0, other.Kept);
        await other.CheckAsync(0, Length);
        Assert.Equal(Length, source.BytesRead);
    }

    [Fact]
    public async Task A_source_with_other_bytes_is_another_disk_and_what_was_kept_is_deleted()
    {
        await using (StoreMount first = new(Directory, new PatternDisk(Length)))
        {
            await first.CheckAsync(0, 2 * Block);
        }

        LogLines log = new();
        await using (StoreMount again = new(Directory, new OtherDisk(Length), logger: log))
        {
            await again.CheckAsync(0, Block);
            await ReadAsync(again, 4 * Block).FailsAsync(DiskErrorKind.Changed);
            await ReadAsync(again, 0).FailsAsync(DiskErrorKind.Changed);
        }

        Assert.Empty(Segments());
        Assert.Single(log.Lines, line => line.Contains("IS NOT WHAT IT WAS", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_forgotten_is_not_found_and_not_kept_again()
    {
        await KeepAsync(Length);
        await using (StoreMount mount = new(Directory, new PatternDisk(Length)))
        {
            mount.Store.Forget(StoreMount.Key.Disk);
            Assert.Empty(Segments());
            await mount.CheckAsync(0, Length);
        }

        Assert.Empty(Segments());
    }

    [Fact]
    public async Task A_source_that_fails_fails_only_what_is_not_kept()
    {
        await using (StoreMount first = new(Directory, new PatternDisk(Length)))
        {
            await first.CheckAsync(0, 4 * Block);
        }

        var source = new PatternDisk(Length)
        {
            Failure = new DiskException(DiskErrorKind.Unreachable, "no server"),
        };
        await using StoreMount again = new(Directory, source);
        await again.CheckAsync(0, 4 * Block);
        await ReadAsync(again, 5 * Block).FailsAsync(DiskErrorKind.Unreachable);
        source.Failure = null;
        await again.CheckAsync(0, Length);
    }

    [Fact]
    public async Task Readers_do_not_wait_for_a_file_system_that_does_not_answer()
    {
        const int blocks = 3 * 32;
        TaskCompletionSource gate = new();
        FaultyFiles files = new() { Gate = gate.Task };
        await using StoreMount mount = new(Directory, new PatternDisk(blocks * Block), files);

        await mount.CheckAsync(0, blocks * Block);

        // The queue's blocks, and at most a batch that has left it.
        Assert.InRange(mount.Store.Status.Skipped, blocks - 32 - 16, blocks - 32);
        gate.SetResult();
        await mount.WaitAsync(status => status.Written + status.Skipped == blocks);
    }

    [Fact]
    public async Task The_index_takes_no_memory_that_is_not_there()
    {
        await KeepAsync(Length);
        await using StoreMount mount = new(Directory, new PatternDisk(Length));
        using BlockIndex index = new(mount.Cache);
        long most = (mount.Cache.MemoryLimitBytes / BlockIndex.BytesPerBlock) + 1;

        Assert.Null(index.TryAdd("x", default, (int)most));
        Assert.NotNull(index.TryAdd("x", default, 16));
    }

    private static Task ReadAsync(StoreMount mount, long diskOffset) => mount.Disk
        .LendAsync(diskOffset, Block, new CopyingBorrower(), TestContext.Current.CancellationToken).AsTask();

    /// <summary>A disk of the same length with other bytes.</summary>
    private sealed class OtherDisk(long length) : IDisk
    {
        public long Length => length;

        public ValueTask ReadAsync(
            long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
        {
            foreach (Memory<byte> buffer in destination)
            {
                buffer.Span.Fill(0x55);
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
