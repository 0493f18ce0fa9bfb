using VdiFs.Disks;
using VdiFs.Pool.Content;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Simulated;

/// <summary>Snapshots taken for reading: refused with a reason, and gone afterwards whatever happens.</summary>
public sealed class SnapshotTests : SimulatedPoolTest
{
    [Fact]
    public async Task A_running_vms_disk_is_read_as_it_was_when_it_was_opened()
    {
        await MountAsync();
        DiskEntry entry = Pool.EntryOf(Pool.Disk);
        await Pool.OpenAsync(entry);
        IVdiContent frozen = TheSnapshot().Content!;
        Pool.Disk.Content!.Write(0, [1, 2, 3]);

        await Pool.AssertRangeAsync(entry, frozen, 0, frozen.Length);
        await SimulatedPool.UntilAsync(() => !Snapshots().Any(), "the snapshot is removed");
        await Pool.ReplacedAsync(Pool.Disk, entry);
        await Pool.AssertHoldsAsync(Pool.Disk);
    }

    [Fact]
    public async Task A_pool_that_takes_no_snapshot_says_why()
    {
        VdiObject raw = Pool.Vdi("raw volume");
        Pool.State.Mutate(() => Pool.State.Add(
            new VbdObject(Pool.State) { Vm = Pool.Vm("team/a"), Vdi = raw, UserDevice = "7" }));
        await MountAsync();

        DiskException error = await Pool.FailAsync(raw);
        Assert.Contains("no snapshot", error.Message, StringComparison.Ordinal);
        Assert.Contains("SR_OPERATION_NOT_SUPPORTED", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_sr_gets_no_snapshot()
    {
        Pool.State.Mutate(() => Pool.Disk.Sr.PhysicalUtilisationBytes = Pool.Disk.Sr.PhysicalSizeBytes - (1 << 20));
        await MountAsync();

        await AssertRefusedAsync("has 1 MiB free");
    }

    [Fact]
    public async Task A_chain_that_is_too_long_gets_no_snapshot()
    {
        Pool.State.Mutate(() =>
        {
            VdiObject last = Pool.Disk;
            for (int i = 0; i < 30; i++)
            {
                VdiObject parent = Pool.State.Add(
                    new VdiObject(Pool.State) { Sr = Pool.Disk.Sr, NameLabel = "base copy", Managed = false });
                last.SmConfig["vhd-parent"] = parent.Uuid;
                last = parent;
            }
        });
        await MountAsync();

        await AssertRefusedAsync("its chain has 30 images");
    }

    [Fact]
    public async Task A_snapshot_that_somebody_holds_goes_as_soon_as_it_can()
    {
        await MountAsync();
        DiskEntry entry = Pool.EntryOf(Pool.Disk);
        await Pool.OpenAsync(entry);
        VdiObject snapshot = TheSnapshot();
        SessionObject other = Pool.State.Sessions.Open("root", "another tool");
        VbdObject held = await Pool.State.AttachToDom0Async(
            Pool.State.Hosts[0], snapshot.Uuid, other.Ref, TestContext.Current.CancellationToken);
        await Pool.ReplacedAsync(Pool.Disk, entry);
        Assert.False(snapshot.IsGone);

        // While it waits for that one the next reader gets a snapshot of his own.
        await Pool.AssertHoldsAsync(Pool.Disk);
        Pool.State.DetachFromDom0(held);
        Pool.State.Sessions.Close(other);
        await SimulatedPool.UntilAsync(() => snapshot.IsGone, "the snapshot is removed");
    }

    [Fact]
    public async Task A_snapshot_that_cannot_be_destroyed_is_told_of()
    {
        await MountAsync(speed: 60);
        await Pool.OpenAsync(Pool.EntryOf(Pool.Disk));
        VdiObject snapshot = TheSnapshot();
        SessionObject other = Pool.State.Sessions.Open("root", "another tool");
        VbdObject held = await Pool.State.AttachToDom0Async(
            Pool.State.Hosts[0], snapshot.Uuid, other.Ref, TestContext.Current.CancellationToken);
        await Pool.UnmountAsync();

        Assert.Contains(Pool.Log.Lines, line => line.Contains("stays in the pool", StringComparison.Ordinal));
        Pool.State.DetachFromDom0(held);
        Pool.State.Sessions.Close(other);
        Pool.State.Destroy(snapshot);
    }

    [Fact]
    public async Task A_snapshot_is_read_and_removed_though_the_answer_that_tells_of_it_was_lost()
    {
        Pool.State.Faults.LostAnswersTo = "Async.VDI.snapshot";
        await MountAsync();
        int before = Pool.State.All<VdiObject>().Count(vdi => vdi.IsASnapshot);

        await Pool.OpenAsync(Pool.EntryOf(Pool.Disk));
        Assert.Equal(before + 1, Pool.State.All<VdiObject>().Count(vdi => vdi.IsASnapshot));
        await Pool.UnmountAsync();
        Assert.Equal(before, Pool.State.All<VdiObject>().Count(vdi => vdi.IsASnapshot));
    }

    [Fact]
    public async Task A_snapshot_outlives_the_session_it_was_taken_with_and_goes_all_the_same()
    {
        await MountAsync();
        DiskEntry entry = Pool.EntryOf(Pool.Disk);
        await Pool.OpenAsync(entry);
        IVdiContent frozen = TheSnapshot().Content!;
        Pool.Actions.RestartToolstack();

        await Pool.AssertRangeAsync(entry, frozen, 0, frozen.Length);
        await SimulatedPool.UntilAsync(() => !Snapshots().Any(), "the snapshot is removed");
    }

    [Fact]
    public async Task A_snapshot_is_not_idle_while_its_tables_are_waited_for()
    {
        // Attaching takes longer than a disk may be idle.
        Pool.OnEveryHost(faults => faults.PlugDelay = TimeSpan.FromSeconds(1.5));
        await MountAsync();

        OpenDisk disk = await Pool.OpenAsync(Pool.EntryOf(Pool.Disk));
        Assert.Equal(AllocationOrigin.ExportHeader, disk.Origin);
    }

    [Fact]
    public async Task A_snapshot_whose_disk_is_closed_at_once_goes_with_the_mount()
    {
        await MountAsync();
        await Pool.OpenAsync(Pool.EntryOf(Pool.Disk));
        Assert.Single(Snapshots());
        await Pool.UnmountAsync();

        Assert.Empty(Snapshots());
    }

    private Task MountAsync(int speed = 5)
    {
        Pool.State.Start(Pool.Vm("team/a"), Pool.State.Hosts[1]);
        return Pool.MountAsync(options: options => options with { AutoSnapshot = true }, speed: speed);
    }

    private IEnumerable<VdiObject> Snapshots() => Pool.State.All<VdiObject>().Where(SimulatedPool.IsOurs);

    private VdiObject TheSnapshot() => Assert.Single(Snapshots());

    private async Task AssertRefusedAsync(string reason)
    {
        DiskException error = await Pool.FailAsync(Pool.Disk);
        Assert.Equal(DiskErrorKind.Unsupported, error.Kind);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Empty(Snapshots());
    }
}
