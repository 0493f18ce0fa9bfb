using VdiFs.Disks;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Xapi;
using VdiFs.Xapi.Exports;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

public sealed class PoolCatalogTests : PoolCatalogTest
{
    [Fact]
    public async Task An_unchanged_disk_stays_the_same_object_in_every_directory_and_from_tree_to_tree()
    {
        PoolCatalog catalog = Load();
        DiskEntry entry = Entry("vms/web01");
        Assert.Same(entry, Entry("srs/store"));
        Assert.Same(entry, Entry("vdis"));

        await ChangeAsync(() => _builder.Vm("db01"));

        Assert.Equal(["db01", "web01"], Folder("vms").Content.Folders.Select(folder => folder.Name));
        Assert.Same(entry, Entry("vms/web01"));
        Assert.Same(entry, Assert.Single(catalog.Disks));
    }

    [Fact]
    public void A_disk_has_the_uuid_size_and_time_of_its_VDI_without_being_opened()
    {
        VdiRecord snapshot = _builder.Snapshot(_disk, Night);
        VdiRecord odd = _builder.Vdi(_sr, "odd", vdi => vdi with { Uuid = "not-a-uuid" });
        PoolCatalog catalog = Load();

        DiskEntry current = Entry("vms/web01");
        DiskEntry frozen = catalog.Disks.Single(entry => entry.Identity.Uuid.ToString() == snapshot.Uuid);
        DiskEntry derived = catalog.Disks.Single(entry => entry.Name == "odd");

        Assert.Equal((_disk.Uuid, MountTime), (current.Identity.Uuid.ToString(), current.Identity.SnapshotTime));
        Assert.Equal(Night, frozen.Identity.SnapshotTime);
        Assert.Equal(DiskIdentities.For($"{PoolBuilder.PoolUuid}/{odd.Uuid}", MountTime), derived.Identity);
        Assert.Equal(1024 * 1024, current.KnownLength);
        Assert.True(current.MapCosts);
        Assert.Empty(_pool!.Calls);
        Assert.Empty(_connector.Connected);
    }

    [Fact]
    public async Task Starting_the_VM_makes_another_disk_of_it_and_ends_the_reads_of_the_one_before()
    {
        Load();
        DiskEntry before = Entry("vms/web01");
        before.Usage!.Opened("disk.raw");
        OpenDisk open = await before.OpenAsync(_cache, Token);
        await ReadAsync(open, 0);

        await ChangeAsync(() => _builder.Put(_place with { CurrentlyAttached = true }));

        DiskEntry after = Entry("vms/web01");
        Assert.NotSame(before, after);
        Assert.NotEqual((before.Revision, before.Identity.SnapshotTime), (after.Revision, after.Identity.SnapshotTime));
        DiskException stale = await Assert.ThrowsAsync<DiskException>(() => ReadAsync(open, 512 * 1024));
        Assert.Equal(DiskErrorKind.Changed, stale.Kind);
        Assert.Contains("written to now, by VM web01", stale.Message, StringComparison.Ordinal);
        Assert.Empty(_connector.Closed);

        before.Usage.Released("disk.raw");
        await EventuallyAsync(() => _connector.Closed.Count == 1);
        DiskException closed = await Assert.ThrowsAsync<DiskException>(() => before.OpenAsync(_cache, Token));
        Assert.Equal(DiskErrorKind.Changed, closed.Kind);
    }

    [Fact]
    public async Task What_may_have_been_written_unseen_is_another_disk_and_what_was_not_read_or_is_frozen_is_not()
    {
        VdiRecord snapshot = _builder.Snapshot(_disk, Night);
        VdiRecord unread = _builder.Vdi(_sr, "unread");
        PoolCatalog catalog = Load();
        DiskEntry current = Entry("vms/web01");
        DiskEntry frozen = EntryOf(snapshot);
        DiskEntry untouched = EntryOf(unread);
        current.Usage!.Opened("disk.raw");
        OpenDisk open = await current.OpenAsync(_cache, Token);
        OpenDisk past = await frozen.OpenAsync(_cache, Token);

        await ChangeAsync(() => _builder.Database = _builder.Database with { Continuity = 1 });

        Assert.NotEqual(current.Revision, Entry("vms/web01").Revision);
        DiskException stale = await Assert.ThrowsAsync<DiskException>(() => ReadAsync(open, 0));
        Assert.Equal(DiskErrorKind.Changed, stale.Kind);
        Assert.Contains("was not followed for a while", stale.Message, StringComparison.Ordinal);
        Assert.Same(frozen, EntryOf(snapshot));
        await ReadAsync(past, 0);
        Assert.Same(untouched, EntryOf(unread));
        await ReadAsync(await Entry("vms/web01").OpenAsync(_cache, Token), 0);
        Assert.Equal(3, catalog.Disks.Count);
        current.Usage.Released("disk.raw");
    }

    [Fact]
    public async Task While_the_pool_is_not_followed_only_what_cannot_change_is_read()
    {
        VdiRecord snapshot = _builder.Snapshot(_disk, Night);
        Load();
        OpenDisk current = await Entry("vms/web01").OpenAsync(_cache, Token);
        OpenDisk past = await EntryOf(snapshot).OpenAsync(_cache, Token);
        await ReadAsync(current, 0);
        _pool!.Trouble = "no route to host";

        DiskException refusal = await Assert.ThrowsAsync<DiskException>(() => ReadAsync(current, 0));
        Assert.Equal(DiskErrorKind.Unreachable, refusal.Kind);
        Assert.Contains("no route to host", refusal.Message, StringComparison.Ordinal);
        await ReadAsync(past, 0);

        _pool.Trouble = null;
        await ReadAsync(current, 0);
    }

    [Fact]
    public async Task Bytes_that_come_while_a_VM_starts_are_not_given_out_though_nobody_has_looked_yet()
    {
        Load();
        OpenDisk open = await Entry("vms/web01").OpenAsync(_cache, Token);
        await BreakFollowingAsync();
        _builder.Put(_place with { CurrentlyAttached = true });
        _connector.Fail = _ =>
        {
            _pool!.Change(_ => _builder.Database);
            return null;
        };

        DiskException stale = await Assert.ThrowsAsync<DiskException>(() => ReadAsync(open, 0));

        Assert.Equal(DiskErrorKind.Changed, stale.Kind);
        Assert.Contains("written to now, by VM web01", stale.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_map_that_comes_while_a_VM_starts_is_not_taken_and_the_disk_not_opened_afterwards()
    {
        _builder.Put(_builder.Database.Vdis[_disk.Ref] with { SmConfig = new Dictionary<string, string> { ["type"] =
            "raw" } });
        Load();
        DiskEntry entry = Entry("vms/web01");
        OpenDisk open = await entry.OpenAsync(_cache, Token);
        VdiRecord unopened = _builder.Vdi(_sr, "unopened");
        await ChangeAsync(() => _builder.Attach(_vm, unopened, "1"));
        DiskEntry other = EntryOf(unopened);
        await BreakFollowingAsync();
        foreach (VbdRecord place in _builder.Database.Vbds.Values)
        {
            _builder.Put(place with { CurrentlyAttached = true });
        }

        Func<ExportRequest, CancellationToken, Task<ExportedAllocation>> export = _pool!.Export;
        _pool.Export = (request, token) =>
        {
            _pool.Change(_ => _builder.Database);
            return export(request, token);
        };

        await Assert.ThrowsAsync<DiskException>(() => open.GetPackingMapAsync(Token));
        DiskException refusal = await Assert.ThrowsAsync<DiskException>(() => other.OpenAsync(_cache, Token));
        Assert.Equal(DiskErrorKind.Changed, refusal.Kind);
    }

    [Fact]
    public async Task A_failure_to_follow_is_not_the_end_of_following()
    {
        Load();
        await BreakFollowingAsync();

        CatalogFolder seen = _catalog!.Root;
        _builder.Vm("db01");
        _pool!.Change(_ => _builder.Database);
        Task changed = _catalog.WaitForChangeAsync(seen, Token);
        await EventuallyAsync(() => changed.IsCompleted, TimeSpan.FromSeconds(1));

        Assert.Equal(["db01", "web01"], Folder("vms").Content.Folders.Select(folder => folder.Name));
    }

    [Fact]
    public async Task A_disk_that_comes_back_is_not_taken_for_what_it_was()
    {
        Load();
        DiskEntry before = Entry("vms/web01");
        await ReadAsync(await before.OpenAsync(_cache, Token), 0);
        VdiRecord disk = _builder.Database.Vdis[_disk.Ref];
        await ChangeAsync(() => _builder.Database = _builder.Database with
        {
            Vdis = _builder.Database.Vdis.Remove(disk.Ref),
        });

        await ChangeAsync(() => _builder.Put(disk));

        DiskEntry after = Entry("vms/web01");
        Assert.NotEqual(before.Revision, after.Revision);
        Assert.NotEqual(before.Identity.SnapshotTime, after.Identity.SnapshotTime);
    }

    [Fact]
    public async Task The_map_of_a_snapshot_is_kept_until_somebody_writes_to_it_and_not_again()
    {
        string directory = Directory.CreateTempSubdirectory("vdifs-maps-").FullName;
        try
        {
            VdiRecord snapshot = _builder.Snapshot(_disk, Night);
            Load(new PoolOptions { MapDirectory = directory });
            await EntryOf(snapshot).OpenAsync(_cache, Token);
            Assert.Single(Directory.GetFiles(directory));

            VmRecord restorer = _builder.Vm("restorer");
            VbdRecord place = _builder.Attach(restorer, snapshot, "0");
            await ChangeAsync(() => _builder.Put(place with { CurrentlyAttached = true }));
            Assert.Empty(Directory.GetFiles(directory));

            await ChangeAsync(() => _builder.Put(place));
            OpenDisk open = await EntryOf(snapshot).OpenAsync(_cache, Token);
            Assert.Equal(AllocationOrigin.ExportHeader, open.Origin);
            Assert.Empty(Directory.GetFiles(directory));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task A_map_that_comes_while_somebody_begins_to_write_to_the_snapshot_is_not_kept()
    {
        string directory = Directory.CreateTempSubdirectory("vdifs-maps-").FullName;
        try
        {
            VdiRecord snapshot = _builder.Snapshot(_disk, Night);
            Load(new PoolOptions { MapDirectory = directory });
            await BreakFollowingAsync();
            _builder.Attach(_builder.Vm("restorer"), snapshot, "0", place => place with { CurrentlyAttached = true });
            Func<ExportRequest, CancellationToken, Task<ExportedAllocation>> export = _pool!.Export;
            _pool.Export = (request, token) =>
            {
                _pool.Change(_ => _builder.Database);
                return export(request, token);
            };

            await Assert.ThrowsAsync<DiskException>(() => EntryOf(snapshot).OpenAsync(_cache, Token));

            Assert.Empty(Directory.GetFiles(directory));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public async Task A_snapshot_that_is_destroyed_leaves_the_tree_and_fails_its_readers()
    {
        VdiRecord snapshot = _builder.Snapshot(_disk, Night);
        PoolCatalog catalog = Load();
        DiskEntry entry = catalog.Disks.Single(disk => disk.Identity.Uuid.ToString() == snapshot.Uuid);
        entry.Usage!.Opened("disk.raw");
        OpenDisk open = await entry.OpenAsync(_cache, Token);

        await ChangeAsync(() => _builder.Database = _builder.Database with { Vdis = _builder.Database.Vdis.Remove(
            snapshot.Ref) });

        Assert.DoesNotContain(entry, catalog.Disks);
        DiskException gone = await Assert.ThrowsAsync<DiskException>(() => ReadAsync(open, 0));
        Assert.Equal(DiskErrorKind.NotFound, gone.Kind);
        entry.Usage.Released("disk.raw");
    }

    [Fact]
    public async Task A_map_that_the_pool_does_not_tell_is_no_obstacle_to_the_bytes_but_to_a_packed_file()
    {
        Load();
        _pool!.Export = (_, _) => throw FakePool.Refusal("VDI_IO_ERROR");

        OpenDisk open = await Entry("vms/web01").OpenAsync(_cache, Token);

        Assert.Equal(AllocationOrigin.Failed, open.Origin);
        Assert.Contains("VDI_IO_ERROR", open.OriginNote, StringComparison.Ordinal);
        Assert.Equal(open.Length, open.Map.AllocatedBytes);
        await ReadAsync(open, 0);
        await Assert.ThrowsAsync<DiskException>(() => open.GetPackingMapAsync(Token));
        _pool.Export = new FakePool(_builder.Database).Export;
        Assert.Equal(65536, (await open.GetPackingMapAsync(Token)).AllocatedBytes);
    }

    [Fact]
    public async Task A_raw_disks_map_is_asked_for_when_a_packed_file_needs_it_and_not_before()
    {
        _builder.Put(_builder.Database.Vdis[_disk.Ref] with { SmConfig = new Dictionary<string, string> { ["type"] =
            "raw" } });
        Load();

        OpenDisk open = await Entry("vms/web01").OpenAsync(_cache, Token);

        Assert.Equal(AllocationOrigin.Costly, open.Origin);
        Assert.Empty(_pool!.Calls);
        Assert.Equal(65536, (await open.GetPackingMapAsync(Token)).AllocatedBytes);
        Assert.Single(_pool.Calls);
    }

    [Fact]
    public async Task The_disk_of_a_running_VM_is_refused_with_both_cures()
    {
        _builder.Put(_place with { CurrentlyAttached = true });
        Load();

        DiskException refusal = await Assert.ThrowsAsync<DiskException>(() => Entry("vms/web01").OpenAsync(_cache,
            Token));

        Assert.Contains($"xe vdi-snapshot uuid={_disk.Uuid}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--auto-snapshot", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(_pool!.Calls);
    }

    [Fact]
    public async Task A_live_disk_is_read_as_it_is_when_that_is_asked_for()
    {
        _builder.Put(_place with { CurrentlyAttached = true });
        Load(new PoolOptions { LiveDisks = true });

        OpenDisk open = await Entry("vms/web01").OpenAsync(_cache, Token);

        Assert.Equal(open.Length, (await open.GetPackingMapAsync(Token)).AllocatedBytes);
        Assert.StartsWith("live ", Assert.Single(_connector.Connected), StringComparison.Ordinal);
        Assert.Empty(_pool!.Calls);
    }

    [Fact]
    public async Task A_snapshot_is_taken_for_the_readers_of_a_running_VM_and_destroyed_when_they_are_gone()
    {
        _builder.Put(_place with { CurrentlyAttached = true });
        Load(new PoolOptions { AutoSnapshot = true });
        DiskEntry entry = Entry("vms/web01");
        entry.Usage!.Opened("disk.raw");

        OpenDisk open = await entry.OpenAsync(_cache, Token);
        await ReadAsync(open, 0);

        VdiRecord snapshot = _pool!.Database.Vdis.Values.Single(vdi => vdi.SnapshotOf == _disk.Ref);
        Assert.Equal(new FakeProcesses().Self, PoolOwner.Of(snapshot));
        Assert.Equal("VdiFs: root", snapshot.NameLabel);
        int attempts = 0;
        _pool.Fail = call => call.StartsWith("VDI.destroy", StringComparison.Ordinal) && attempts++ == 0
            ? FakePool.Refusal(XapiCodes.VdiInUse)
            : null;

        // Open, however long it takes; then idle.
        await PassAsync(TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(30));
        Assert.True(_pool.Database.Vdis.ContainsKey(snapshot.Ref));
        entry.Usage.Released("disk.raw");
        await EventuallyAsync(() => !_pool.Database.Vdis.ContainsKey(snapshot.Ref), TimeSpan.FromSeconds(5));

        Assert.Equal(2, attempts);
        await EventuallyAsync(() => Entry("vms/web01") != entry, TimeSpan.FromSeconds(1));
        Assert.NotEqual(entry.Revision, Entry("vms/web01").Revision);
        Assert.Single(_connector.Closed);
    }

    [Fact]
    public async Task No_snapshot_is_taken_where_the_chain_is_long_or_the_SR_is_full()
    {
        _builder.Put(_place with { CurrentlyAttached = true });
        string parent = "";
        for (int i = 0; i < 29; i++)
        {
            string below = parent;
            parent = _builder.Vdi(_sr, $"base {i}", vdi => vdi with
            {
                Managed = false, SmConfig = new Dictionary<string, string> { ["vhd-parent"] = below },
            }).Uuid;
        }

        _builder.Put(_builder.Database.Vdis[_disk.Ref] with
        {
            SmConfig = new Dictionary<string, string> { ["vhd-parent"] = parent },
        });
        Load(new PoolOptions { AutoSnapshot = true });

        DiskException refusal = await Assert.ThrowsAsync<DiskException>(() => Entry("vms/web01").OpenAsync(_cache,
            Token));
        Assert.Contains("chain", refusal.Message, StringComparison.Ordinal);

        await ChangeAsync(() =>
        {
            _builder.Put(_builder.Database.Vdis[_disk.Ref] with { SmConfig = new Dictionary<string, string>() });
            SrRecord full = _sr with { PhysicalUtilisationBytes = _sr.PhysicalSizeBytes - 4096 };
            _builder.Database = _builder.Database with { Srs = _builder.Database.Srs.SetItem(_sr.Ref, full) };
        }, changesTree: false);
        refusal = await Assert.ThrowsAsync<DiskException>(() => Entry("vms/web01").OpenAsync(_cache, Token));
        Assert.Contains("SR store has 0 MiB free", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(_pool!.Calls);
    }

    [Fact]
    public async Task A_failed_read_says_what_the_pool_says_of_the_disk()
    {
        Load();
        OpenDisk open = await Entry("vms/web01").OpenAsync(_cache, Token);
        _connector.Fail = _ =>
        {
            _pool!.Trouble = "no answer for a minute";
            return new DiskException(DiskErrorKind.Unreachable, "the server closed the connection");
        };

        DiskException failure = await Assert.ThrowsAsync<DiskException>(() => ReadAsync(open, 0));

        Assert.Contains("the server closed the connection", failure.Message, StringComparison.Ordinal);
        Assert.Contains("no answer for a minute", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Twenty_thousand_disks_are_a_tree_that_nobody_paid_for()
    {
        for (int i = 0; i < 5000; i++)
        {
            VmRecord vm = _builder.Vm($"vm{i}");
            for (int position = 0; position < 4; position++)
            {
                _builder.Attach(vm, _builder.Vdi(_sr, "disk"), $"{position}");
            }
        }

        PoolCatalog catalog = Load();

        Assert.Equal(20_001, catalog.Disks.Count);
        Assert.Equal(20_001, Folder("vdis").Content.Disks.Count);
        Assert.Equal(5_001, Folder("vms").Content.Folders.Count);
        Assert.Empty(_pool!.Calls);
    }
}
