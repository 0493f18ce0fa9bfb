using VdiFs.Disks;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Simulated;

/// <summary>What goes wrong between a disk's first read and its first byte.</summary>
public sealed class ConnectingTests : SimulatedPoolTest
{
    private static readonly TimeSpan ShortDeadline = TimeSpan.FromSeconds(6);

    [Fact]
    public async Task A_host_that_resets_its_connections_is_left_for_another()
    {
        Pool.OnEveryHost(faults =>
        {
            faults.NbdResets = true;
            faults.NbdCutAfterBytes = 3 << 20;
        });
        await Pool.MountAsync();
        Task reading = Pool.AssertHoldsAsync(Pool.Snapshot);
        await Pool.AllFailedAsync(Pool.Snapshot);
        Pool.OnEveryHost(faults => faults.NbdCutAfterBytes = null);

        await reading;
    }

    [Fact]
    public async Task A_full_host_serves_over_the_connections_it_has_left()
    {
        Pool.OnEveryHost(faults => faults.NbdConnectionLimit = 1);
        await Pool.MountAsync(options: options => options with { HostConnections = 16 });

        await Pool.AssertHoldsAsync(Pool.Snapshot);
    }

    [Fact]
    public async Task Hosts_that_are_full_are_an_error()
    {
        Pool.OnEveryHost(faults => faults.NbdConnectionLimit = 0);
        await Pool.MountAsync(ShortDeadline);

        Assert.Equal(DiskErrorKind.Unreachable, (await Pool.FailAsync(Pool.Snapshot)).Kind);
        Pool.State.Hosts[2].Faults.NbdConnectionLimit = 16;
        await Pool.RecoversAsync(Pool.Snapshot);
    }

    [Fact]
    public async Task A_silent_greeting_is_an_error_at_the_deadline()
    {
        Pool.OnEveryHost(faults => faults.NbdSilent = true);
        await Pool.MountAsync(ShortDeadline);

        Assert.Equal(DiskErrorKind.Unreachable, (await Pool.FailAsync(Pool.Snapshot)).Kind);
        Pool.OnEveryHost(faults => faults.NbdSilent = false);
        await Pool.RecoversAsync(Pool.Snapshot);
    }

    [Fact]
    public async Task Silent_hosts_do_not_keep_from_one_that_speaks()
    {
        Pool.State.Hosts[0].Faults.NbdSilent = true;
        Pool.State.Hosts[1].Faults.NbdSilent = true;
        await Pool.MountAsync(TimeSpan.FromMinutes(1));

        await Pool.AssertHoldsAsync(Pool.Snapshot);
        await Pool.AssertHoldsAsync(Pool.Disk);
        // They would detach nothing as long as they wait for their XAPI.
        Pool.OnEveryHost(faults => faults.NbdSilent = false);
    }

    [Fact]
    public async Task A_plug_that_takes_long_is_waited_for()
    {
        Pool.OnEveryHost(faults => faults.PlugDelay = TimeSpan.FromSeconds(1));
        await Pool.MountAsync(TimeSpan.FromMinutes(3));

        await Pool.AssertHoldsAsync(Pool.Snapshot);
    }

    [Fact]
    public async Task A_plug_that_fails_is_an_error_until_it_works()
    {
        Pool.OnEveryHost(faults => faults.PlugFails = true);
        await Pool.MountAsync(ShortDeadline);

        Assert.Equal(DiskErrorKind.Unreachable, (await Pool.FailAsync(Pool.Snapshot)).Kind);
        Pool.OnEveryHost(faults => faults.PlugFails = false);
        await Pool.RecoversAsync(Pool.Snapshot);
    }

    [Fact]
    public async Task A_session_that_ends_between_open_and_connect_is_renewed()
    {
        await Pool.MountAsync();
        await Pool.OpenAsync(Pool.EntryOf(Pool.Snapshot));
        Pool.Actions.LoseSessions();

        await Pool.AssertHoldsAsync(Pool.Snapshot);
    }

    [Fact]
    public async Task A_dead_host_makes_the_others_be_found_in_the_records()
    {
        await Pool.MountAsync();
        HostObject dead = Pool.State.Hosts[1];
        dead.Faults.Dead = true;
        Pool.State.Mutate(() => dead.Metrics.Live = false);

        await Pool.AssertHoldsAsync(Pool.Snapshot);
        Assert.Contains(Pool.Log.Lines, line => line.Contains("HOST_OFFLINE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connections_outlive_the_coordinator()
    {
        // On the storage of another host, and a snapshot: what a VM may write to is not read while nobody can tell.
        VdiObject kept = Pool.State.Snapshot(Pool.LocalDisk);
        await Pool.MountAsync(options: options => options with { IdleTimeout = TimeSpan.FromHours(1) });
        await Pool.ReadAsync(kept);
        Pool.Actions.Kill(Pool.State.Hosts[0]);

        await Pool.AssertHoldsAsync(kept);
        Pool.Actions.Revive(Pool.State.Hosts[0]);
    }

    [Fact]
    public async Task Calls_that_are_held_up_are_waited_for()
    {
        Pool.State.Faults.RateLimitBurst = 1;
        Pool.State.Faults.RateLimitDelay = TimeSpan.FromMilliseconds(100);
        Pool.State.Faults.RpcLatency = TimeSpan.FromMilliseconds(50);
        await Pool.MountAsync();

        await Pool.AssertHoldsAsync(Pool.Snapshot);
    }

    [Fact]
    public async Task A_host_that_leaks_its_disks_still_delivers_them()
    {
        Pool.OnEveryHost(faults => faults.NbdLeaksVbds = true);
        await Pool.MountAsync();
        await Pool.AssertHoldsAsync(Pool.Snapshot);
        await SimulatedPool.UntilAsync(() => Pool.NbdConnections == 0, "idle connections are closed");

        await Pool.AssertHoldsAsync(Pool.Snapshot);
        await Pool.UnmountAsync();
        foreach (VbdObject vbd in Pool.State.All<VbdObject>().Where(vbd => vbd.Dom0Host is not null))
        {
            Pool.State.DetachFromDom0(vbd);
        }
    }
}
