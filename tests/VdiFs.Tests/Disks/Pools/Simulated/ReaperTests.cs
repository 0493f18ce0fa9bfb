using VdiFs.Disks.Pools;
using VdiFs.Disks.Pools.Owners;
using VdiFs.Disks.Pools.Snapshots;
using VdiFs.Pool.State;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Simulated;

/// <summary>What a mount that died left is cleared away by the next one, and nothing else is.</summary>
public sealed class ReaperTests : SimulatedPoolTest
{
    // A machine with an id, which not every container has: without one no other boot is judged.
    private readonly FakeProcesses _machine = new();

    private PoolOwner Self => _machine.Self;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        _machine.Living[Self.Pid] = Self.StartTicks;
        Pool.Processes = _machine;
    }

    [Fact]
    public async Task What_the_dead_left_goes_and_what_the_living_have_stays()
    {
        PoolOwner dead = Self with { Boot = "an earlier one" };
        PoolOwner elsewhere = Self with { Machine = "another one" };
        VdiObject deads = Snapshot(dead);
        VdiObject livings = Snapshot(Self);
        VdiObject others = Snapshot(elsewhere);
        VdiObject copy = Snapshot(dead);
        Pool.State.Mutate(() => copy.OtherConfig["vdifs:self"] = deads.Ref);
        TaskObject task = TaskOf(dead);
        TaskObject othersTask = TaskOf(elsewhere);

        await Pool.MountAsync();
        await SimulatedPool.UntilAsync(() => deads.IsGone && task.IsGone, "the dead's leftovers are removed");
        await Pool.UnmountAsync();
        foreach (VdiObject vdi in (VdiObject[])[livings, others, copy])
        {
            Assert.False(vdi.IsGone);
            Pool.State.Destroy(vdi);
        }

        Assert.False(othersTask.IsGone);
        Pool.State.Remove(othersTask);
    }

    [Fact]
    public async Task What_is_still_attached_goes_when_that_is_over()
    {
        VdiObject snapshot = Snapshot(Self with { Boot = "an earlier one" });
        SessionObject session = Pool.State.Sessions.Open("root", "the dead");
        VbdObject held = await Pool.State.AttachToDom0Async(
            Pool.State.Hosts[1], snapshot.Uuid, session.Ref, TestContext.Current.CancellationToken);
        await Pool.MountAsync();
        await SimulatedPool.UntilAsync(
            () => Pool.Log.Lines.Any(line => line.Contains(snapshot.Uuid, StringComparison.Ordinal)),
            "it has been tried");
        await Pool.AssertHoldsAsync(Pool.Snapshot);
        Assert.False(snapshot.IsGone);

        Pool.State.DetachFromDom0(held);
        Pool.State.Sessions.Close(session);
        await SimulatedPool.UntilAsync(() => snapshot.IsGone, "it is removed");
    }

    [Fact]
    public async Task A_snapshot_that_its_mount_never_heard_of_goes_and_other_peoples_stay()
    {
        PoolOwner dead = Self with { Boot = "an earlier one" };
        VdiObject before = Pool.State.Snapshot(Pool.Disk);
        await using (XapiPool dying = await Pool.LoginAsync())
        {
            // Nobody waits for it, nobody marks it.
            await dying.StartSnapshotAsync(
                new OpaqueRef(Pool.Disk.Ref),
                new SnapshotMark(Pool.Disk.Uuid, "1").NotesFor(dead),
                TestContext.Current.CancellationToken);
        }

        TaskObject task = Assert.Single(Pool.State.All<TaskObject>());
        await SimulatedPool.UntilAsync(() => task.Status == "success", "it is taken");
        VdiObject taken = Pool.State.Get<VdiObject>(
            task.Result.Replace("<value>", "", StringComparison.Ordinal)
                .Replace("</value>", "", StringComparison.Ordinal));
        VdiObject after = Pool.State.Snapshot(Pool.Disk);
        Assert.False(SimulatedPool.IsOurs(taken));

        await Pool.MountAsync();
        await SimulatedPool.UntilAsync(() => taken.IsGone && task.IsGone, "it is removed, and its task");
        await Pool.UnmountAsync();
        Assert.False(before.IsGone || after.IsGone || Pool.Snapshot.IsGone);
    }

    [Fact]
    public async Task A_session_of_the_dead_is_logged_out()
    {
        string directory = Path.Combine(Path.GetTempPath(), "vdifs-reaper-" + Path.GetRandomFileName());
        Directory.CreateDirectory(directory);
        try
        {
            SessionObject session = Pool.State.Sessions.Open("root", "the dead");
            SessionNote note = new()
            {
                Pool = Pool.State.Pool.Uuid,
                Owner = Self with { Boot = "an earlier one" },
                Session = new(session.Ref),
            };
            await File.WriteAllTextAsync(
                Path.Combine(directory, "1-1.session"), note.Write(), TestContext.Current.CancellationToken);
            await Pool.MountAsync(options: options => options with { RuntimeDirectory = directory });
            await SimulatedPool.UntilAsync(
                () => session.IsGone && Directory.GetFiles(directory).Length == 1,
                "it is logged out, and only the note of the living is left");

            await Pool.UnmountAsync();
            Assert.Empty(Directory.GetFiles(directory));
            Assert.DoesNotContain(Pool.Log.Lines, line => line.Contains(session.Ref, StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private VdiObject Snapshot(PoolOwner owner) => Pool.State.Mutate(() =>
    {
        VdiObject snapshot = Pool.State.Snapshot(Pool.Disk);
        snapshot.Tags.Add("vdifs");
        snapshot.OtherConfig["vdifs:self"] = snapshot.Ref;
        snapshot.OtherConfig["vdifs:owner"] = owner.ToString();
        return snapshot;
    });

    private TaskObject TaskOf(PoolOwner owner) => Pool.State.Mutate(() =>
    {
        TaskObject task = Pool.State.Add(new TaskObject(Pool.State) { NameLabel = "VdiFs: reading", IsClients = true });
        task.OtherConfig["vdifs:owner"] = owner.ToString();
        return task;
    });
}
