using System.Diagnostics;
using VdiFs.EndToEnd.Harness;
using VdiFs.EndToEnd.Harness.Judges;
using VdiFs.Pool.Faults;
using VdiFs.Pool.State;

namespace VdiFs.EndToEnd.Pools;

/// <summary>What hits pools in production, during a copy: it is right in the end, and nothing is left behind.</summary>
public sealed class PoolFaultTests : PoolTest
{
    // So slow that nobody is through before the fault has been met; then the copy may go on as fast as it can.
    private const long SlowBytesPerSecond = 4L << 20;

    public static TheoryData<string> Faults => new(
        "sessions lost", "toolstack restarted", "coordinator changed", "serving host killed",
        "connection cut in the payload", "cut after the header", "infinity", "booting", "tokens refused");

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_copy_survives(string fault)
    {
        VdiObject vdi = Pool.SnapshotsOf("web01 root")[0];
        string expected = Pool.FileOf(vdi);
        OnEveryHost(faults => faults.NbdBytesPerSecond = SlowBytesPerSecond);
        VdifsMount mount = Pool.Mount("--read-deadline", "1m");
        string copy = Bench.PathOf("copy");
        using Process copying = Command.Start("cp", mount.File("disk.raw", "vdis/" + vdi.Uuid), copy);
        Wait.Until(() => File.Exists(copy) && new FileInfo(copy).Length > 0, "the copy has begun");
        Inject(fault);
        Assert.False(copying.HasExited, "the copy was over before it met the fault");
        OnEveryHost(faults => faults.NbdBytesPerSecond = 0);
        Assert.True(copying.WaitForExit(TimeSpan.FromMinutes(2)), "the copy hangs");
        string said = copying.StandardError.ReadToEnd();
        Heal();

        Assert.True(copying.ExitCode == 0, $"{fault}: {said}");
        Bytes.AssertEqual(expected, copy);
        mount.Unmount();
        Pool.AssertNothingIsLeft();
    }

    [Fact]
    public void A_killed_daemon_leaves_nothing_once_the_next_has_started()
    {
        VdifsMount mount = Pool.Mount("--auto-snapshot");
        using FileStream open = File.OpenRead(mount.File("disk.raw", "vms/web01/0-web01 root"));
        Assert.Equal(4096, open.Read(new byte[4096]));
        Assert.NotEqual("", Pool.Leftovers());
        _ = Native.Kill(mount.DaemonPid, Native.Sigkill);
        open.Dispose();
        Command.Run(RunRoot.Vdifs, "umount", mount.Directory);

        VdifsMount next = Pool.Mount();
        Wait.Until(() => Pool.OwnSnapshots.Count == 0, "the orphaned snapshot is removed");
        Wait.Until(() => Pool.State.Sessions.Count == 1, "the orphaned session is logged out");
        next.Unmount();
        Pool.AssertNothingIsLeft();
    }

    [Fact]
    public void A_bulk_read_is_a_task_that_can_be_cancelled()
    {
        VdiObject vdi = Pool.SnapshotsOf("web01 data")[0];
        OnEveryHost(faults => faults.NbdBytesPerSecond = SlowBytesPerSecond);
        VdifsMount mount = Pool.Mount();
        using Process copying = Command.Start(
            "dd", $"if={mount.File("disk.raw", "vdis/" + vdi.Uuid)}", "of=/dev/null", "bs=1M");
        Wait.Until(() => OwnTask() is not null, "the copy shows as a task");
        TaskObject task = OwnTask()!;
        Pool.State.Mutate(() => task.CurrentOperations["OpaqueRef:somebody"] = "cancel");
        Assert.True(copying.WaitForExit(TimeSpan.FromSeconds(60)), "the cancelled copy goes on");
        Assert.NotEqual(0, copying.ExitCode);
        Assert.Contains("Input/output error", copying.StandardError.ReadToEnd(), StringComparison.Ordinal);

        TaskObject? OwnTask() => Pool.State.All<TaskObject>()
            .FirstOrDefault(one => one.NameLabel.StartsWith("VdiFs: reading", StringComparison.Ordinal));
    }

    [Fact]
    public void A_vdi_destroyed_under_an_open_file_is_an_error()
    {
        VdiObject vdi = Pool.SnapshotsOf("db01 root")[0];
        VdifsMount mount = Pool.Mount("--idle", "1s");
        using FileStream open = File.OpenRead(mount.File("disk.raw", "vdis/" + vdi.Uuid));
        Assert.Equal(4096, open.Read(new byte[4096]));
        Wait.Until(() => Pool.NbdConnections == 0, "the disk is let go");

        Pool.State.Destroy(vdi);
        Wait.Until(() => !Directory.Exists(mount.Export("vdis/" + vdi.Uuid)), "it disappears");
        open.Position = 1 << 20;
        Assert.ThrowsAny<IOException>(() => open.ReadExactly(new byte[1 << 20]));
    }

    /// <summary>Lets it happen, and waits until the mount has met it.</summary>
    private void Inject(string fault)
    {
        switch (fault)
        {
            case "sessions lost":
                Pool.Actions.LoseSessions();
                CutConnections();
                break;
            case "toolstack restarted":
                Pool.Actions.RestartToolstack();
                CutConnections();
                break;
            case "coordinator changed":
                Pool.Actions.ChangeCoordinator(Pool.State.Hosts[1]);
                CutConnections();
                break;
            case "serving host killed":
                KillServingHost();
                break;
            case "connection cut in the payload":
                CutConnections();
                break;
            case "cut after the header":
                OnEveryHost(faults => faults.NbdCutAfterHeader = true);
                AssertReconnects(times: 2);
                OnEveryHost(faults => faults.NbdCutAfterHeader = false);
                break;
            case "infinity":
                Pool.State.Faults.BareInfinity = true;
                CutConnections();
                break;
            case "booting":
                Pool.State.Faults.EmergencyError = "HOST_STILL_BOOTING";
                int calls = Pool.Calls;
                CutConnections();
                Wait.Until(() => Pool.Calls > calls, "the booting pool has been asked");
                Pool.State.Faults.EmergencyError = null;
                break;
            case "tokens refused":
                Pool.State.Faults.RefuseEventTokens = true;
                CutConnections();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, null);
        }
    }

    private void KillServingHost()
    {
        HostObject serving = Pool.State.All<VbdObject>().First(vbd => vbd.Dom0Host is not null).Dom0Host!;
        int taken = Pool.NbdConnectionsTaken;
        Pool.Actions.Kill(serving);
        Wait.Until(() => Pool.NbdConnectionsTaken > taken, "the mount goes elsewhere");
        if (serving == Pool.State.Coordinator)
        {
            // Without it no host takes a new connection: it has to come back.
            Pool.Actions.Revive(serving);
        }
    }

    private void CutConnections()
    {
        OnEveryHost(faults => faults.NbdCutAfterBytes = 1 << 20);
        AssertReconnects(times: 1);
        OnEveryHost(faults => faults.NbdCutAfterBytes = null);
    }

    private void AssertReconnects(int times)
    {
        int taken = Pool.NbdConnectionsTaken;
        Wait.Until(() => Pool.NbdConnectionsTaken >= taken + times, "cut connections are made again");
    }

    private void OnEveryHost(Action<HostFaults> set)
    {
        foreach (HostObject host in Pool.State.Hosts)
        {
            set(host.Faults);
        }
    }

    private void Heal()
    {
        foreach (HostObject host in Pool.State.Hosts.Where(host => host.Faults.Dead))
        {
            Pool.Actions.Revive(host);
        }

        Pool.State.Faults.BareInfinity = false;
        Pool.State.Faults.RefuseEventTokens = false;
    }
}
