using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Pools.Maps;
using VdiFs.Formats.Allocation;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Xapi.Exports;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

public sealed class MapTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(7);
    private static readonly DateTimeOffset Night = new(2025, 12, 31, 1, 0, 0, TimeSpan.Zero);

    private readonly string _directory = Directory.CreateTempSubdirectory("vdifs-maps-").FullName;
    private readonly PoolBuilder _builder = new();
    private readonly VdiRecord _snapshot;

    public MapTests()
    {
        SrRecord sr = _builder.Sr("store");
        VdiRecord disk = _builder.Vdi(sr, "root", vdi => vdi with { VirtualSizeBytes = (10 << 20) + 512 });
        _snapshot = _builder.Snapshot(disk, Night);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_kept_map_is_found_again_as_it_was()
    {
        AllocationMap map = Map(_snapshot.VirtualSizeBytes, (0, 65536), (1 << 20, 65536), (10 << 20, 512));
        Store().Save(MapKey.Of(_snapshot)!, map);

        AllocationMap found = Assert.IsType<AllocationMap>(Store().TryLoad(MapKey.Of(_snapshot)!));

        Assert.Equal(map.GranuleBytes, found.GranuleBytes);
        Assert.Equal(map.DiskLength, found.DiskLength);
        for (long granule = 0; granule < map.GranuleCount; granule++)
        {
            Assert.Equal(map.IsAllocated(granule), found.IsAllocated(granule));
        }
    }

    [Fact]
    public void A_map_of_other_content_is_not_taken()
    {
        MapKey key = MapKey.Of(_snapshot)!;
        Store().Save(key, Map(_snapshot.VirtualSizeBytes, (0, 65536)));

        Assert.Null(Store().TryLoad(key with { DiskLength = key.DiskLength + 512 }));
        Assert.Null(Store().TryLoad(key with { UsedBytes = key.UsedBytes + 1 }));
        Assert.Null(Store().TryLoad(key with { SnapshotTime = Night.AddSeconds(1) }));
        Assert.Null(Store().TryLoad(key with { Uuid = Guid.NewGuid() }));
    }

    [Fact]
    public void A_file_with_any_bit_changed_or_any_byte_missing_is_no_map()
    {
        MapKey key = MapKey.Of(_snapshot)!;
        byte[] file = MapFile.Write(key, Map(_snapshot.VirtualSizeBytes, (0, 65536), (1 << 20, 65536)))!;
        Assert.NotNull(MapFile.Read(file, key));
        for (int i = 0; i < file.Length; i++)
        {
            file[i] ^= 0x10;
            Assert.Null(MapFile.Read(file, key));
            file[i] ^= 0x10;
            Assert.Null(MapFile.Read(file.AsSpan(0, i), key));
        }
    }

    [Fact]
    public void The_oldest_maps_make_room_for_new_ones()
    {
        AllocationMap map = Map(_snapshot.VirtualSizeBytes, (0, 65536));
        MapKey[] keys = [.. Enumerable.Range(0, 3).Select(i => MapKey.Of(_snapshot)! with { Uuid = Guid.NewGuid() })];
        long size = MapFile.Write(keys[0], map)!.Length;
        MapStore store = new(_directory, size * 2, TimeProvider.System, NullLogger.Instance);
        for (int i = 0; i < keys.Length; i++)
        {
            store.Save(keys[i], map);
            string path = Path.Combine(_directory, $"{keys[i].Uuid}.map");
            if (i < keys.Length - 1)
            {
                File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(i - 10));
            }
        }

        Assert.Equal([false, true, true], keys.Select(key => store.TryLoad(key) is not null));
    }

    [Fact]
    public void The_directory_is_made_for_this_user_alone()
    {
        string made = Path.Combine(_directory, "deep", "maps");
        MapStore store = new(made, 1 << 20, TimeProvider.System, NullLogger.Instance);

        store.Save(MapKey.Of(_snapshot)!, Map(_snapshot.VirtualSizeBytes, (0, 65536)));

        Assert.NotNull(store.TryLoad(MapKey.Of(_snapshot)!));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(made));
    }

    [Fact]
    public void What_was_not_written_to_its_end_goes_after_a_day()
    {
        AllocationMap map = Map(_snapshot.VirtualSizeBytes, (0, 65536));
        string old = Path.Combine(_directory, "old.new");
        string young = Path.Combine(_directory, "young.new");
        string foreign = Path.Combine(_directory, "foreign.txt");
        foreach (string file in new[] { old, young, foreign })
        {
            File.WriteAllText(file, "x");
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(file == young ? -23 : -25));
        }

        Store().Save(MapKey.Of(_snapshot)!, map);

        Assert.Equal([false, true, true], new[] { old, young, foreign }.Select(File.Exists));
    }

    [Fact]
    public void A_directory_that_others_may_write_to_is_not_used()
    {
        MapKey key = MapKey.Of(_snapshot)!;
        Store().Save(key, Map(_snapshot.VirtualSizeBytes, (0, 65536)));
        Assert.NotNull(Store().TryLoad(key));

        File.SetUnixFileMode(_directory, File.GetUnixFileMode(_directory) | UnixFileMode.OtherWrite);

        Assert.Null(Store().TryLoad(key));
    }

    [Theory]
    [InlineData("vhd", 1L << 30, "nfs", false, false)]
    [InlineData("qcow2", 1L << 30, "nfs", true, false)]
    [InlineData("raw", 1L << 30, "nfs", false, true)]
    [InlineData("", 3L << 40, "nfs", true, false)]
    [InlineData("", 2040L << 30, "nfs", false, false)]
    [InlineData("", (2040L << 30) + 512, "nfs", true, false)]
    [InlineData("", 1L << 30, "iscsi", false, true)]
    public void The_format_asked_for_and_its_cost_follow_the_disk(
        string format, long size, string driver, bool isQcow2, bool isCostly)
    {
        SrRecord sr = _builder.Sr("other", driver);
        VdiRecord origin = _builder.Vdi(sr, "root", vdi => vdi with
        {
            VirtualSizeBytes = size,
            SmConfig = format.Length == 0
                ? new Dictionary<string, string>()
                : new Dictionary<string, string> { ["image-format"] = format },
        });
        // The SR driver does not always write it into the snapshot.
        VdiRecord snapshot =
            _builder.Put(_builder.Snapshot(origin, Night) with { SmConfig = new Dictionary<string, string>() });

        Assert.Equal(new MapRequest(isQcow2, isCostly), MapRequest.For(snapshot, _builder.Database));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_more_than_two_exports_of_a_kind_run_at_once(bool isCostly)
    {
        FakePool pool = new(_builder.Database);
        SemaphoreSlim release = new(0);
        int running = 0;
        int most = 0;
        pool.Export = async (request, token) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await release.WaitAsync(token);
            Interlocked.Decrement(ref running);
            return Exported(request, (0, 65536));
        };
        using PoolMaps maps = new(pool, null, TimeProvider.System, NullLogger.Instance);

        Task<AllocationMap>[] asked = [.. Enumerable.Range(0, 6).Select(_ => AskAsync(maps, isCostly))];
        release.Release(6);
        await Task.WhenAll(asked).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Equal(2, most);
    }

    [Fact]
    public async Task Exports_of_hours_hold_up_no_others()
    {
        FakePool pool = new(_builder.Database);
        TaskCompletionSource hours = new();
        pool.Export = async (request, token) =>
        {
            await (request.Deadline > TimeSpan.FromHours(1) ? hours.Task.WaitAsync(token) : Task.CompletedTask);
            return Exported(request, (0, 65536));
        };
        using PoolMaps maps = new(pool, null, TimeProvider.System, NullLogger.Instance);
        Task<AllocationMap>[] costly = [.. Enumerable.Range(0, 3).Select(_ => AskAsync(maps, isCostly: true))];

        await AskAsync(maps).WaitAsync(Bound, TestContext.Current.CancellationToken);

        Assert.DoesNotContain(costly, ask => ask.IsCompleted);
        hours.SetResult();
        await Task.WhenAll(costly).WaitAsync(Bound, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Whoever_loses_patience_leaves_the_line()
    {
        FakePool pool = new(_builder.Database);
        TaskCompletionSource release = new();
        pool.Export = async (request, token) =>
        {
            await release.Task.WaitAsync(token);
            return Exported(request, (0, 65536));
        };
        ManualClock clock = new();
        using PoolMaps maps = new(pool, null, clock, NullLogger.Instance);
        Task<AllocationMap>[] running = [.. Enumerable.Range(0, 2).Select(_ => AskAsync(maps))];

        Task<AllocationMap> hasty = AskAsync(maps, patience: Patience);
        clock.Advance(Patience);
        DiskException tired = await Assert.ThrowsAsync<DiskException>(
            () => hasty.WaitAsync(Bound, TestContext.Current.CancellationToken));

        Assert.Equal(DiskErrorKind.Unreachable, tired.Kind);
        release.SetResult();
        await Task.WhenAll(running).WaitAsync(Bound, TestContext.Current.CancellationToken);
        await AskAsync(maps).WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.Equal(3, pool.Calls.Count);
    }

    [Fact]
    public async Task Whoever_loses_patience_still_waits_until_dom0_has_let_go()
    {
        VmRecord dom0 = _builder.Vm("dom0", vm => vm with { IsControlDomain = true });
        FakePool pool = new(_builder.Database);
        VbdRecord? held = null;
        pool.Export = async (_, token) =>
        {
            held = _builder.Attach(dom0, _snapshot, "1", vbd => vbd with { Mode = "RO", CurrentlyAttached = true });
            pool.Change(_ => _builder.Database);
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            throw new InvalidOperationException("it never comes");
        };
        ManualClock clock = new();
        using PoolMaps maps = new(pool, null, clock, NullLogger.Instance);

        Task<AllocationMap> asked = AskAsync(maps, patience: Patience);
        clock.Advance(Patience);
        // Its limit is the sign that the wait has begun.
        await clock.WaitedForAsync(TimeSpan.FromSeconds(30));
        Assert.False(asked.IsCompleted);
        _builder.Put(held! with { CurrentlyAttached = false });
        pool.Change(_ => _builder.Database);

        await Assert.ThrowsAsync<DiskException>(
            () => asked.WaitAsync(Bound, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_disk_is_not_used_before_dom0_has_let_go_of_it()
    {
        VmRecord dom0 = _builder.Vm("dom0", vm => vm with { IsControlDomain = true });
        FakePool pool = new(_builder.Database);
        VbdRecord? held = null;
        pool.Export = (request, _) =>
        {
            held = _builder.Attach(dom0, _snapshot, "1", vbd => vbd with { Mode = "RO", CurrentlyAttached = true });
            pool.Change(_ => _builder.Database);
            return Task.FromResult(Exported(request, (0, 65536)));
        };
        using PoolMaps maps = new(pool, null, new ManualTime(), NullLogger.Instance);

        Task<AllocationMap> asked = AskAsync(maps);
        Assert.False(asked.IsCompleted);
        _builder.Put(held! with { CurrentlyAttached = false });
        pool.Change(_ => _builder.Database);

        AllocationMap map = await asked.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        Assert.Equal(65536, map.AllocatedBytes);
    }

    [Fact]
    public async Task Tables_that_leave_the_disk_are_no_map()
    {
        FakePool pool = new(_builder.Database);
        pool.Export = (request, _) => Task.FromResult(Exported(request, (request.VirtualSizeBytes, 65536)));
        using PoolMaps maps = new(pool, null, TimeProvider.System, NullLogger.Instance);

        DiskException refusal = await Assert.ThrowsAsync<DiskException>(() => AskAsync(maps));

        Assert.Contains("do not fit the disk", refusal.Message, StringComparison.Ordinal);
    }

    private static ExportedAllocation Exported(ExportRequest request, params (long Offset, long Length)[] extents) =>
        new()
    {
        VirtualSizeBytes = request.VirtualSizeBytes, GranuleBytes = 65536, Extents = extents,
    };

    private static AllocationMap Map(long length, params (long Offset, long Length)[] extents)
    {
        AllocationMapBuilder builder = new(length, 65536);
        foreach ((long offset, long count) in extents)
        {
            builder.Mark(offset, count);
        }

        return builder.Build();
    }

    private Task<AllocationMap> AskAsync(PoolMaps maps, bool isCostly = false, TimeSpan? patience = null) =>
        maps.AskAsync(
            _snapshot,
            new MapRequest(IsQcow2: false, isCostly),
            patience ?? Timeout.InfiniteTimeSpan,
            TestContext.Current.CancellationToken);

    private MapStore Store() => new(_directory, MapStore.DefaultMaximumBytes, TimeProvider.System, NullLogger.Instance);
}
