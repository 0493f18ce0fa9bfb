using VdiFs.Pool.Rpc;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Pool.Rpc;

public sealed class SessionTests
{
    [Fact]
    public async Task Login_gives_a_session_that_calls_may_use()
    {
        await using var bench = new RpcBench();
        RpcValue session = await bench.BareCallAsync("session.login_with_password", Login(RpcBench.Password));
        RpcValue pools = await bench.BareCallAsync("pool.get_all", session);
        Assert.Equal(bench.State.Pool.Ref, Assert.Single(pools.Items).Text);
    }

    [Fact]
    public async Task Login_with_a_wrong_password_fails_after_five_seconds()
    {
        await using var bench = new RpcBench();
        Task<RpcValue> login = bench.BareCallAsync("session.login_with_password", Login("wrong"));
        bench.Clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(login.IsCompleted);
        bench.Clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(
            ["SESSION_AUTHENTICATION_FAILED", "root", "Authentication failure"], await RpcBench.ErrorAsync(login));
    }

    [Fact]
    public async Task A_member_names_the_coordinator_whatever_is_asked()
    {
        await using var bench = new RpcBench();
        HostObject member = bench.State.Hosts[1];
        string[] expected = ["HOST_IS_SLAVE", bench.State.Coordinator.Address];
        Assert.Equal(expected, await RpcBench.ErrorAsync(
            bench.BareCallAsync(member, "session.login_with_password", Login(RpcBench.Password))));
        Assert.Equal(expected, await RpcBench.ErrorAsync(
            bench.BareCallAsync(member, "VM.get_all", RpcValue.Of(bench.Session))));
    }

    [Fact]
    public async Task Logout_ends_the_session()
    {
        await using var bench = new RpcBench();
        await bench.CallAsync("session.logout");
        Assert.Equal(["SESSION_INVALID", bench.Session], await RpcBench.ErrorAsync(bench.CallAsync("VM.get_all")));
        Assert.Equal(0, bench.State.Sessions.Count);
    }

    [Fact]
    public async Task A_new_coordinator_knows_no_session()
    {
        await using var bench = new RpcBench();
        bench.Actions.ChangeCoordinator(bench.State.Hosts[2]);
        Assert.Equal(bench.State.Hosts[2], bench.State.Coordinator);
        Assert.Equal(["SESSION_INVALID", bench.Session], await RpcBench.ErrorAsync(bench.CallAsync("VM.get_all")));
    }

    [Fact]
    public async Task A_session_unused_for_a_day_is_collected_and_a_used_one_is_not()
    {
        await using var bench = new RpcBench();
        SessionObject idle = bench.State.Sessions.Open("root", "idle");
        bench.Clock.Advance(TimeSpan.FromHours(23));
        await bench.CallAsync("VM.get_all");
        bench.Clock.Advance(TimeSpan.FromHours(2));
        bench.Actions.Collector.Collect();
        Assert.Null(bench.State.Sessions.Find(idle.Ref));
        Assert.NotNull(bench.State.Sessions.Find(bench.Session));
    }

    [Fact]
    public async Task Calls_beyond_the_burst_are_delayed_and_not_refused()
    {
        await using var bench = new RpcBench();
        bench.State.Faults.RateLimitBurst = 2;
        bench.State.Faults.RateLimitDelay = TimeSpan.FromSeconds(1);
        await bench.CallAsync("pool.get_all");
        await bench.CallAsync("pool.get_all");
        Task<RpcValue> third = bench.CallAsync("pool.get_all");
        bench.Clock.Advance(TimeSpan.FromSeconds(0.9));
        Assert.False(third.IsCompleted);
        bench.Clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Single((await third).Items);
    }

    private static RpcValue[] Login(string password) => [RpcValue.Of("root"), RpcValue.Of(password)];
}
