using VdiFs.Disks;
using VdiFs.Pool.Content;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Simulated;

/// <summary>Disks whose content becomes another, or goes, under an open file: never a mixture of the two.</summary>
public sealed class ContentChangeTests : SimulatedPoolTest
{
    private const string File = "disk.raw";
    private const long Granule = 2 << 20;

    [Fact]
    public async Task A_destroyed_snapshot_is_gone_for_who_has_it_open()
    {
        DiskEntry entry = await HoldAsync(Pool.Snapshot);
        await SimulatedPool.UntilAsync(() => Pool.NbdConnections == 0, "idle connections are closed");
        Pool.State.Destroy(Pool.Snapshot);
        await Pool.ReplacedAsync(Pool.Snapshot, entry);

        Assert.Null(Pool.FindEntry(Pool.Snapshot));
        AssertIs(DiskErrorKind.NotFound, "destroyed", await Pool.FailAsync(entry, Granule));
        entry.Usage!.Released(File);
    }

    [Fact]
    public async Task A_snapshot_whose_data_was_destroyed_is_gone_for_who_has_it_open()
    {
        DiskEntry entry = await HoldAsync(Pool.Snapshot);
        Pool.State.Mutate(() =>
        {
            Pool.Snapshot.Type = "cbt_metadata";
            Pool.Snapshot.Content = null;
        });
        await Pool.ReplacedAsync(Pool.Snapshot, entry);

        Assert.Null(Pool.FindEntry(Pool.Snapshot));
        AssertIs(DiskErrorKind.NotFound, "data was", await Pool.FailAsync(entry, Granule));
        entry.Usage!.Released(File);
    }

    [Fact]
    public async Task A_reverted_disk_is_another_disk()
    {
        Pool.Disk.Content!.Write(5 * Granule, [1, 2, 3]);
        DiskEntry entry = await HoldAsync(Pool.Disk);
        await SimulatedPool.UntilAsync(() => Pool.NbdConnections == 0, "idle connections are closed");
        Pool.State.Mutate(() => Pool.Disk.CurrentOperations["OpaqueRef:somebody"] = "revert");
        await Pool.ReplacedAsync(Pool.Disk, entry);
        DiskEntry meanwhile = Pool.EntryOf(Pool.Disk);
        Assert.Equal(DiskErrorKind.Unsupported, (await Pool.FailAsync(Pool.Disk)).Kind);
        Pool.State.Revert(Pool.Snapshot);
        Pool.State.Mutate(() => Pool.Disk.CurrentOperations.Remove("OpaqueRef:somebody"));
        await Pool.ReplacedAsync(Pool.Disk, meanwhile);

        await Pool.AssertHoldsAsync(Pool.Disk, Pool.Snapshot.Content);
        AssertIs(DiskErrorKind.Changed, "revert", await Pool.FailAsync(entry, 5 * Granule));
        entry.Usage!.Released(File);
    }

    [Fact]
    public async Task A_disk_that_became_another_unseen_is_found_out_by_its_next_connection()
    {
        Pool.Disk.Content!.Write(0, [1, 2, 3]);
        DiskEntry entry = await HoldAsync(Pool.Disk);
        await SimulatedPool.UntilAsync(() => Pool.NbdConnections == 0, "idle connections are closed");
        Pool.State.Revert(Pool.Snapshot);

        Assert.Equal(DiskErrorKind.Changed, (await Pool.FailAsync(entry, 10 * Granule)).Kind);
        entry.Usage!.Released(File);
    }

    [Fact]
    public async Task A_disk_whose_vm_starts_is_read_no_more_and_is_another_when_it_stops()
    {
        DiskEntry entry = await HoldAsync(Pool.Disk);
        VmObject vm = Pool.Vm("team/a");
        Pool.State.Start(vm, Pool.State.Hosts[1]);
        await Pool.ReplacedAsync(Pool.Disk, entry);
        AssertIs(DiskErrorKind.Changed, "being written to", await Pool.FailAsync(entry, Granule));
        AssertIs(DiskErrorKind.Unsupported, "--auto-snapshot", await Pool.FailAsync(Pool.Disk));
        entry.Usage!.Released(File);

        DiskEntry running = Pool.EntryOf(Pool.Disk);
        Pool.Disk.Content!.Write(Granule, new byte[5000]);
        Pool.State.Shutdown(vm);
        await Pool.ReplacedAsync(Pool.Disk, running);
        await Pool.AssertHoldsAsync(Pool.Disk);
    }

    [Fact]
    public async Task A_resized_disk_is_another_disk()
    {
        DiskEntry entry = await HoldAsync(Pool.Disk);
        long length = Pool.Disk.VirtualSizeBytes + Granule;
        Pool.State.Mutate(() =>
        {
            SeededSource bytes = new(9, [new ByteRange(0, 3 * Granule)]);
            Pool.Disk.Content = new VdiContent(length, VdiImage.Vhd, bytes);
            Pool.Disk.VirtualSizeBytes = length;
        });
        await Pool.ReplacedAsync(Pool.Disk, entry);

        AssertIs(DiskErrorKind.Changed, "resized", await Pool.FailAsync(entry, Granule));
        await Pool.AssertHoldsAsync(Pool.Disk);
        entry.Usage!.Released(File);
    }

    [Fact]
    public async Task A_disk_shorter_than_its_record_is_refused()
    {
        Pool.State.Mutate(() => Pool.Disk.VirtualSizeBytes += Granule);
        await Pool.MountAsync();

        AssertIs(DiskErrorKind.Changed, "must have at least", await Pool.FailAsync(Pool.Disk));
    }

    [Fact]
    public async Task A_disk_longer_than_its_record_is_read_as_far_as_that_goes()
    {
        Pool.State.Mutate(() => Pool.Disk.VirtualSizeBytes -= 1 << 20);
        await Pool.MountAsync();

        DiskEntry entry = Pool.EntryOf(Pool.Disk);
        Assert.Equal(Pool.Disk.Content!.Length - (1 << 20), entry.KnownLength);
        await Pool.AssertRangeAsync(entry, Pool.Disk.Content, 0, entry.KnownLength!.Value);
    }

    /// <summary>Mounts, and reads from a disk as somebody who has a file of it open.</summary>
    private async Task<DiskEntry> HoldAsync(VdiObject vdi)
    {
        await Pool.MountAsync();
        DiskEntry entry = Pool.EntryOf(vdi);
        entry.Usage!.Opened(File);
        await Pool.AssertRangeAsync(entry, vdi.Content!, 0, 1 << 16);
        return entry;
    }

    private static void AssertIs(DiskErrorKind kind, string words, DiskException error)
    {
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Equal(kind, error.Kind);
    }
}
