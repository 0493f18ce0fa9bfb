using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Store;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

/// <summary>Which of a pool's disks are kept in files: those that cannot change, as long as they do not.</summary>
public sealed class PoolStoreTests : PoolCatalogTest
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("vdifs-store-");
    private readonly VdiRecord _snapshot;
    private int _fetches;
    private BlockCache? _memory;

    public PoolStoreTests()
    {
        _snapshot = _builder.Snapshot(_disk, Night);
        _connector.Fail = _ =>
        {
            Interlocked.Increment(ref _fetches);
            return null;
        };
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_snapshot_is_found_by_the_next_mount()
    {
        await MountAsync(() => ReadAllAsync(_snapshot));
        int before = _fetches;

        await MountAsync(() => ReadAllAsync(_snapshot));

        Assert.Equal(before, _fetches);
    }

    [Fact]
    public async Task A_disk_that_a_vm_may_write_to_is_not_kept()
    {
        await MountAsync(() => ReadAllAsync(_disk));

        Assert.Empty(_directory.GetDirectories());
    }

    [Fact]
    public async Task A_snapshot_that_takes_more_than_it_did_is_another()
    {
        await MountAsync(() => ReadAllAsync(_snapshot));
        int before = _fetches;
        _builder.Put(_snapshot with { PhysicalUtilisationBytes = _snapshot.PhysicalUtilisationBytes + 4096 });

        await MountAsync(() => ReadAllAsync(_snapshot));

        Assert.NotEqual(before, _fetches);
    }

    [Fact]
    public async Task A_snapshot_that_somebody_writes_to_is_forgotten_at_once_and_for_good()
    {
        await MountAsync(() => ReadAllAsync(_snapshot));
        Assert.Single(_directory.GetDirectories());
        VmRecord writer = _builder.Vm("writer");

        await MountAsync(async () =>
        {
            await ReadAllAsync(_snapshot);
            await ChangeAsync(
                () => _builder.Attach(writer, _snapshot, "1", place => place with { CurrentlyAttached = true }));
            Assert.Empty(_directory.GetDirectories());
        });

        Assert.Empty(_directory.GetDirectories());
    }

    private async Task MountAsync(Func<Task> use)
    {
        BlockStoreOptions options = new() { Directory = _directory.FullName, MinimumFreeBytes = 0 };
        await using BlockStore store = BlockStore.Open(options, NullLogger.Instance);
        // Each mount has a memory of its own.
        using BlockCache memory = new(BlockCache.MinimumCapacityBytes);
        _store = store;
        _memory = memory;
        Load();
        await use();
        await CloseAsync().WaitAsync(Bound, Token);
    }

    private async Task ReadAllAsync(VdiRecord vdi)
    {
        OpenDisk disk = await EntryOf(vdi).OpenAsync(_memory!, Token).WaitAsync(Bound, Token);
        CopyingBorrower borrower = new();
        await disk.Reader.LendAsync(0, (int)disk.Length, borrower, Token);
        Assert.All(borrower.Bytes, value => Assert.Equal(1, value));
    }
}
