using System.Collections.Immutable;
using System.Text.Json;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Xapi.Scripted;
using VdiFs.Xapi;
using VdiFs.Xapi.Calls;
using VdiFs.Xapi.Model;
using Xunit;
using static VdiFs.Tests.Xapi.Scripted.Failing;

namespace VdiFs.Tests.Xapi.Session;

public sealed class RecoveryTests
{
    private static readonly OpaqueRef Vdi = new("OpaqueRef:vdi");

    [Fact]
    public async Task All_calls_that_meet_a_lost_session_share_one_new_login()
    {
        const int Callers = 8;
        await using ScriptedPool pool = new();
        await using XapiSession session = await pool.LoginAsync();
        using CountdownEvent arrived = new(Callers);
        pool.Script = Knowing(pool, "VDI.destroy");
        pool.Before = (request, stopped) =>
        {
            // All first attempts wait for each other, so that all of them were made with the lost session.
            if (request.Method == "VDI.destroy" && !arrived.IsSet)
            {
                arrived.Signal();
                return Task.Run(() => arrived.Wait(stopped), stopped);
            }

            return Task.CompletedTask;
        };
        pool.ForgetSessions();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => VdiCalls.DestroyAsync(session, Vdi, Ending)))
            .WaitAsync(ScriptedHost.Bound, Ending);
        Assert.Equal(2, session.Generation);
        Assert.Equal(2, pool.Calls.Count(call => call == "one session.login_with_password"));
        Assert.Equal(2 * Callers, pool.Calls.Count(call => call == "one VDI.destroy"));
        Assert.Single(pool.Sessions);
    }

    [Fact]
    public async Task A_session_that_is_lost_every_time_is_not_sought_for_ever()
    {
        await using ScriptedPool pool = new();
        await using XapiSession session = await pool.LoginAsync();
        pool.Script = request => request.Method == "VDI.destroy"
            ? HostAnswer.Fault("SESSION_INVALID", request.Params[0].GetString()!)
            : null;
        XapiException refusal = await VdiCalls.DestroyAsync(session, Vdi, Ending).FailsAsync(XapiErrorKind.Refused);
        Assert.Equal(XapiCodes.SessionInvalid, refusal.Code);
        Assert.Equal(3, pool.Calls.Count(call => call == "one VDI.destroy"));
    }

    [Fact]
    public async Task A_call_that_may_have_been_done_is_not_made_twice()
    {
        await using ScriptedPool pool = new();
        await using XapiSession session = await pool.LoginAsync();
        pool.Script = request => request.Method == "Async.VDI.snapshot" ? HostAnswer.Cut() : null;
        Dictionary<string, string> none = [];
        XapiException failure = await session.StartSnapshotAsync(Vdi, none, none, Ending)
            .FailsAsync(XapiErrorKind.ConnectionLost);
        Assert.True(failure.IsTransient);
        Assert.Single(pool.Calls, call => call == "one Async.VDI.snapshot");
    }

    [Fact]
    public async Task A_call_that_only_reads_is_repeated_when_its_connection_breaks()
    {
        await using ScriptedPool pool = new();
        await using XapiSession session = await pool.LoginAsync();
        int asked = 0;
        pool.Script = request => request.Method != "VDI.get_record"
            ? null
            : asked++ == 0 ? HostAnswer.Cut() : HostAnswer.Result("""{"uuid":"u"}""");
        Assert.Equal("u", (await VdiCalls.GetRecordAsync(session, Vdi, Ending)).Uuid);
        Assert.Equal(1, session.Generation);
        Assert.Single(pool.Sessions);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_session_goes_on_at_the_new_coordinator(bool oldOneIsDead)
    {
        await using ScriptedPool pool = new("one", "two", "three");
        await using XapiSession session = await pool.LoginAsync(host: "one");
        session.Learn(Database("one", "two", "three"));
        pool.Script = Knowing(pool, "VDI.destroy");
        pool.Coordinator = "three";
        pool.Dead["one"] = oldOneIsDead;
        if (!oldOneIsDead)
        {
            pool.Dead.Clear();
        }

        await RetryAsync(() => VdiCalls.DestroyAsync(session, Vdi, Ending));
        Assert.Equal("three", session.Coordinator.Host);
        Assert.Equal(1, session.Generation);
        Assert.Single(pool.Sessions);
    }

    [Fact]
    public async Task Hosts_that_left_the_pool_are_not_asked()
    {
        await using ScriptedPool pool = new("one", "two", "three");
        await using XapiSession session = await pool.LoginAsync(host: "one");
        session.Learn(Database("one", "two", "three"));
        session.Learn(Database("one", "three"));
        pool.Coordinator = "three";
        pool.Dead["one"] = true;
        await RetryAsync(() => session.CallAsync("pool.get_all_records", [], Ending));
        Assert.DoesNotContain(pool.Calls, call => call.StartsWith("two ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_that_became_another_pool_is_logged_out_and_passed_over()
    {
        await using ScriptedPool pool = new("one", "two", "three");
        await using XapiSession session = await pool.LoginAsync(host: "one");
        session.Learn(Database("one", "two", "three"));
        pool.Dead["one"] = true;
        pool.Coordinator = "two";
        pool.PoolUuid = "99999999-0000-0000-0000-000000000000";
        pool.ForgetSessions();
        await Assert.ThrowsAsync<XapiException>(
            () => RetryAsync(() => session.CallAsync("pool.get_all_records", [], Ending)));
        Assert.Contains("two session.login_with_password", pool.Calls);
        Assert.Contains("two session.logout", pool.Calls);
        Assert.Empty(pool.Sessions);
        Assert.False(session.IsAlive);
    }

    [Fact]
    public async Task A_refused_login_is_not_tried_elsewhere()
    {
        await using ScriptedPool pool = new("one", "two");
        await using XapiSession session = await pool.LoginAsync(host: "one");
        session.Learn(Database("one", "two"));
        pool.ForgetSessions();
        pool.Script = request => request.Method == "session.login_with_password"
            ? HostAnswer.Fault("SESSION_AUTHENTICATION_FAILED", "root", "Authentication failure")
            : null;
        XapiException refusal =
            await session.CallAsync("pool.get_all_records", [], Ending).FailsAsync(XapiErrorKind.Refused);
        Assert.Equal(XapiCodes.SessionAuthenticationFailed, refusal.Code);
        Assert.DoesNotContain(pool.Calls, call => call.StartsWith("two ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_search_outlives_the_caller_that_began_it()
    {
        await using ScriptedPool pool = new();
        await using XapiSession session = await pool.LoginAsync();
        pool.ForgetSessions();
        using CancellationTokenSource leaving = new();
        TaskCompletionSource stuck = new();
        pool.Before = async (request, stopped) =>
        {
            if (request.Method == "session.login_with_password")
            {
                await leaving.CancelAsync();
                await stuck.Task.WaitAsync(stopped);
            }
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => session.CallAsync("pool.get_all_records", [], leaving.Token).WaitAsync(ScriptedHost.Bound, Ending));
        Task<JsonElement> next = session.CallAsync("pool.get_all_records", [], Ending);
        stuck.SetResult();
        await next.WaitAsync(ScriptedHost.Bound, Ending);
        Assert.Equal(2, pool.Calls.Count(call => call == "one session.login_with_password"));
    }

    [Fact]
    public async Task A_new_login_may_take_longer_than_the_question_whether_the_host_is_the_way()
    {
        await using ScriptedPool pool = new();
        ManualClock time = new();
        time.Advance(DateTimeOffset.UtcNow - time.GetUtcNow());
        XapiOptions options = pool.Options with { TimeProvider = time };
        await using XapiSession session = await pool.LoginAsync(options);
        pool.ForgetSessions();
        pool.Before = (request, _) =>
        {
            if (request.Method == "session.login_with_password")
            {
                time.Advance(2 * options.ProbeTimeout);
            }

            return Task.CompletedTask;
        };
        await session.CallAsync("pool.get_all_records", [], Ending).WaitAsync(ScriptedHost.Bound, Ending);
        Assert.Equal(2, session.Generation);
        Assert.Single(pool.Sessions);
    }

    [Fact]
    public async Task A_new_login_that_the_end_overtakes_is_logged_out_too()
    {
        await using ScriptedPool pool = new();
        XapiSession session = await pool.LoginAsync();
        pool.ForgetSessions();
        TaskCompletionSource asked = new();
        TaskCompletionSource answered = new();
        pool.Before = HoldLogins(asked, answered.Task);
        Task<JsonElement> call = session.CallAsync("pool.get_all_records", [], Ending);
        await asked.Task.WaitAsync(ScriptedHost.Bound, Ending);
        Task end = session.DisposeAsync().AsTask();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(ScriptedHost.Bound, Ending));
        answered.SetResult();
        await end.WaitAsync(ScriptedHost.Bound, Ending);
        Assert.Contains("OpaqueRef:session-secret-2", LoggedOut(pool));
        Assert.Empty(pool.Sessions);
    }

    [Fact]
    public async Task A_new_login_that_is_not_answered_does_not_hold_the_end()
    {
        await using ScriptedPool pool = new();
        XapiSession session = await pool.LoginAsync(pool.Options with { LogoutTimeout = TimeSpan.FromMilliseconds(50) });
        pool.ForgetSessions();
        TaskCompletionSource asked = new();
        pool.Before = HoldLogins(asked, new TaskCompletionSource().Task);
        Task<JsonElement> call = session.CallAsync("pool.get_all_records", [], Ending);
        await asked.Task.WaitAsync(ScriptedHost.Bound, Ending);
        await session.DisposeAsync().AsTask().WaitAsync(ScriptedHost.Bound, Ending);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(ScriptedHost.Bound, Ending));
    }

    private static Func<HostRequest, CancellationToken, Task> HoldLogins(TaskCompletionSource asked, Task answered) =>
        async (request, stopped) =>
        {
            if (request.Method == "session.login_with_password")
            {
                asked.TrySetResult();
                await answered.WaitAsync(stopped);
            }
        };

    private static IEnumerable<string?> LoggedOut(ScriptedPool pool) => pool.Requests
        .Where(request => request.Method == "session.logout")
        .Select(request => request.Params[0].GetString());

    /// <summary>A call that broke on the old connection may have been done; the next one finds the pool.</summary>
    private static async Task RetryAsync(Func<Task> call)
    {
        try
        {
            await call().WaitAsync(ScriptedHost.Bound, Ending);
        }
        catch (XapiException cause) when (cause.Kind == XapiErrorKind.ConnectionLost)
        {
            await call().WaitAsync(ScriptedHost.Bound, Ending);
        }
    }

    private static Func<HostRequest, HostAnswer?> Knowing(ScriptedPool pool, string method) => request =>
        request.Method == method && request.Host == pool.Coordinator
            && pool.Sessions.Contains(request.Params[0].GetString())
            ? HostAnswer.Result("\"\"")
            : null;

    private static PoolDatabase Database(params string[] hosts) => new()
    {
        Hosts = hosts.ToImmutableDictionary(
            host => new OpaqueRef("OpaqueRef:" + host),
            host => new HostRecord { Ref = new OpaqueRef("OpaqueRef:" + host), Uuid = host, Address = host }),
    };
}
