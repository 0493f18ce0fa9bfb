using VdiFs.Tests.Xapi.Scripted;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;
using Xunit;
using static VdiFs.Tests.Xapi.Scripted.Failing;

namespace VdiFs.Tests.Xapi.Events;

public sealed class PoolMirrorTests
{
    private static readonly OpaqueRef A = new("OpaqueRef:a");
    private static readonly OpaqueRef B = new("OpaqueRef:b");

    [Fact]
    public async Task A_mirror_begins_with_everything_and_follows()
    {
        await using ScriptedPool pool = new();
        EventScript script = new(pool);
        script.Everything += "," + EventScript.Vdi("add", "a", "old");
        await using XapiSession session = await pool.LoginAsync();
        await using PoolMirror mirror = await StartAsync(session, pool);
        PoolDatabase first = mirror.Current;
        Assert.Equal("p", first.Pool!.Uuid);
        Assert.Equal("old", first.Vdis[A].NameLabel);

        script.Send(EventScript.Vdi("mod", "a", "new"), EventScript.Vdi("add", "b"));
        PoolDatabase second = await NextAsync(mirror, first);
        Assert.Equal("new", second.Vdis[A].NameLabel);
        Assert.True(second.Vdis.ContainsKey(B));
        Assert.Same(first.Hosts, second.Hosts);
        Assert.Equal("old", first.Vdis[A].NameLabel);

        script.Send(EventScript.Event("vdi", "del", "a"));
        Assert.Equal([B], (await NextAsync(mirror, second)).Vdis.Keys);
        Assert.Null(mirror.Trouble);
    }

    [Fact]
    public async Task A_call_for_events_is_these_bytes()
    {
        await using ScriptedPool pool = new();
        _ = new EventScript(pool);
        await using XapiSession session = await pool.LoginAsync();
        await using PoolMirror mirror = await StartAsync(session, pool);
        HostRequest request = pool.Requests.First(request => request.Method == "event.from");
        Assert.Equal(
            ["pool", "host", "host_metrics", "network", "pif", "sr", "pbd", "vdi", "vm", "vbd", "certificate", "task"],
            request.Params[1].EnumerateArray().Select(name => name.GetString()));
        Assert.Equal("\"\"", request.Params[2].GetRawText());
        Assert.Equal("30.0", request.Params[3].GetRawText());
    }

    [Fact]
    public async Task What_is_unknown_or_damaged_does_no_harm_to_the_rest()
    {
        await using ScriptedPool pool = new();
        EventScript script = new(pool);
        script.Everything = string.Join(
            ',',
            EventScript.Event("message", "add", "m", "{}"),
            "7",
            "{}",
            EventScript.Event("vdi", "add", "a", "[]"),
            EventScript.Event("vdi", "add", "a", """{"name_label":"no uuid"}"""),
            EventScript.Event("vdi", "add", "a", """{"uuid":"\ud800"}"""),
            EventScript.Event("vdi", "strange", "a"),
            EventScript.Event("vdi", "add", "b", """{"uuid":"b","virtual_size":Infinity,"new":[{"x":NaN}]}"""),
            script.Everything);
        await using XapiSession session = await pool.LoginAsync();
        await using PoolMirror mirror = await StartAsync(session, pool);
        Assert.Equal([B], mirror.Current.Vdis.Keys);
        Assert.Equal(3, pool.Log.Lines.Count(line => line.Contains("cannot be read", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_record_that_became_unreadable_is_no_longer_shown_as_it_was()
    {
        await using ScriptedPool pool = new();
        EventScript script = new(pool);
        script.Everything += "," + EventScript.Vdi("add", "a");
        await using XapiSession session = await pool.LoginAsync();
        await using PoolMirror mirror = await StartAsync(session, pool);
        PoolDatabase first = mirror.Current;
        script.Send(EventScript.Event("vdi", "mod", "a", "{}"));
        Assert.Empty((await NextAsync(mirror, first)).Vdis);
    }

    public static TheoryData<string> Failures => ["EVENTS_LOST", "EVENT_FROM_TOKEN_PARSE_FAILURE", "INTERNAL_ERROR"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task After_a_refusal_everything_is_loaded_again(string code)
    {
        await ReloadsAfterAsync(HostAnswer.Fault(code, "x"));
    }

    [Fact]
    public async Task After_a_broken_connection_everything_is_loaded_again() =>
        await ReloadsAfterAsync(HostAnswer.Cut());

    [Fact]
    public async Task After_a_damaged_reply_everything_is_loaded_again() => await ReloadsAfterAsync(
        HostAnswer.Json("""{"result":{"events":[],"valid_ref_counts":{}},"id":1}"""));

    [Fact]
    public async Task After_the_session_is_lost_everything_is_loaded_again()
    {
        await using ScriptedPool pool = new();
        EventScript script = new(pool);
        await using XapiSession session = await pool.LoginAsync();
        await using PoolMirror mirror = await StartAsync(session, pool);
        PoolDatabase first = mirror.Current;
        script.Everything += "," + EventScript.Vdi("add", "a");
        string lost = pool.Sessions.Single();
        pool.ForgetSessions();
        script.Send(HostAnswer.Fault("SESSION_INVALID", lost));

        // The call that is repeated with the new session still has the old token; its answer counts for nothing.
        script.Send(EventScript.Vdi("add", "b"));
        Assert.Equal([A], (await NextAsync(mirror, first)).Vdis.Keys);
        Assert.Equal(2, session.Generation);
    }

    [Fact]
    public async Task A_pool_that_cannot_be_loaded_is_an_error_at_the_start()
    {
        await using ScriptedPool pool = new();
        EventScript script = new(pool) { Everything = "" };
        await using XapiSession session = await pool.LoginAsync();
        await StartAsync(session, pool).FailsAsync(XapiErrorKind.Protocol);
        Assert.NotNull(script);
    }

    [Fact]
    public async Task Trouble_is_told_while_it_lasts()
    {
        await using ScriptedPool pool = new();
        EventScript script = new(pool);
        await using XapiSession session =
            await pool.LoginAsync(pool.Options with { MaximumPause = TimeSpan.FromMilliseconds(10) });
        await using PoolMirror mirror = await StartAsync(session, pool);
        PoolDatabase first = mirror.Current;
        string good = script.Everything;
        script.Everything = "";
        script.Send(HostAnswer.Fault("EVENTS_LOST"));
        await UntilAsync(() => mirror.Trouble is not null);
        Assert.Same(first, mirror.Current);
        script.Everything = good + "," + EventScript.Vdi("add", "a");
        await NextAsync(mirror, first);
        await UntilAsync(() => mirror.Trouble is null);
    }

    [Fact]
    public async Task A_long_silence_is_trouble_and_then_something_may_have_passed_unseen()
    {
        await using ScriptedPool pool = new();
        EventScript script = new(pool);
        SleepingClock clock = new();
        await using XapiSession session = await pool.LoginAsync(pool.Options with { TimeProvider = clock });
        await using PoolMirror mirror = await StartAsync(session, pool);
        PoolDatabase first = mirror.Current;
        clock.Sleep(session.Options.EventTimeout);
        Assert.Null(mirror.Trouble);
        script.Send(EventScript.Vdi("add", "a"));
        PoolDatabase second = await NextAsync(mirror, first);
        Assert.Equal(first.Continuity, second.Continuity);

        // It may be another minute in which nothing was heard: only the reply that comes after it tells.
        await UntilAsync(() => pool.Requests.Count(request => request.Method == "event.from") == 3);
        clock.Sleep(TimeSpan.FromMinutes(1));
        Assert.Contains("nothing for", mirror.Trouble, StringComparison.Ordinal);
        script.Send();
        PoolDatabase third = await NextAsync(mirror, second);

        Assert.NotEqual(second.Continuity, third.Continuity);
        Assert.Same(second.Vdis, third.Vdis);
        await UntilAsync(() => mirror.Trouble is null);
    }

    [Fact]
    public async Task A_count_that_stays_wrong_means_that_an_event_was_lost()
    {
        await using ScriptedPool pool = new();
        EventScript script = new(pool) { Counts = """{"vdi":0,"message":5}""" };
        await using XapiSession session = await pool.LoginAsync(pool.Options with { MaximumPause = TimeSpan.Zero });
        await using PoolMirror mirror = await StartAsync(session, pool);
        PoolDatabase first = mirror.Current;
        script.Everything += "," + EventScript.Vdi("add", "a");
        script.Counts = """{"vdi":1,"message":6}""";
        for (int reply = 0; reply < 3; reply++)
        {
            Assert.Same(first, mirror.Current);
            script.Send();
        }

        Assert.Equal([A], (await NextAsync(mirror, first)).Vdis.Keys);
        Assert.Null(mirror.Trouble);
    }

    [Fact]
    public async Task A_count_that_is_right_with_the_next_reply_loads_nothing()
    {
        await using ScriptedPool pool = new();
        EventScript script = new(pool) { Counts = """{"vdi":0}""" };
        await using XapiSession session = await pool.LoginAsync(pool.Options with { MaximumPause = TimeSpan.Zero });
        await using PoolMirror mirror = await StartAsync(session, pool);
        PoolDatabase first = mirror.Current;
        script.Counts = """{"vdi":1}""";
        script.Send();
        script.Send();
        script.Send(EventScript.Vdi("add", "a"));
        PoolDatabase second = await NextAsync(mirror, first);
        script.Counts = """{"vdi":2}""";
        script.Send(EventScript.Vdi("add", "b"));
        await NextAsync(mirror, second);
        Assert.Single(
            pool.Requests, request => request.Method == "event.from" && EventScript.TokenOf(request).Length == 0);
    }

    [Fact]
    public async Task Waiting_ends_with_the_caller_and_with_the_mirror()
    {
        await using ScriptedPool pool = new();
        _ = new EventScript(pool);
        await using XapiSession session = await pool.LoginAsync();
        PoolMirror mirror = await StartAsync(session, pool);
        using CancellationTokenSource leaving = new();
        Task leaver = mirror.WaitForChangeAsync(mirror.Current, leaving.Token);
        Task stayer = mirror.WaitForChangeAsync(mirror.Current, Ending);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver.WaitAsync(ScriptedHost.Bound, Ending));
        await mirror.DisposeAsync().AsTask().WaitAsync(ScriptedHost.Bound, Ending);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stayer.WaitAsync(ScriptedHost.Bound, Ending));
    }

    [Fact]
    public async Task A_session_may_end_under_its_mirror()
    {
        await using ScriptedPool pool = new();
        _ = new EventScript(pool);
        XapiSession session = await pool.LoginAsync();
        PoolMirror mirror = await StartAsync(session, pool);
        await session.DisposeAsync().AsTask().WaitAsync(ScriptedHost.Bound, Ending);
        await mirror.DisposeAsync().AsTask().WaitAsync(ScriptedHost.Bound, Ending);
        Assert.Empty(pool.Sessions);
    }

    private static async Task ReloadsAfterAsync(HostAnswer failure)
    {
        await using ScriptedPool pool = new();
        EventScript script = new(pool);
        await using XapiSession session =
            await pool.LoginAsync(pool.Options with { MaximumPause = TimeSpan.FromMilliseconds(10) });
        await using PoolMirror mirror = await StartAsync(session, pool);
        PoolDatabase first = mirror.Current;
        script.Everything += "," + EventScript.Vdi("add", "a");
        script.Send(failure);
        PoolDatabase second = await NextAsync(mirror, first);
        Assert.Equal([A], second.Vdis.Keys);
        Assert.NotEqual(first.Continuity, second.Continuity);

        // And it follows from there. A search for the pool that is still under way may make it load once more: then the
        // event goes by unused, and what it told is in everything.
        script.Everything += "," + EventScript.Vdi("add", "b");
        script.Send(EventScript.Vdi("add", "b"));
        while (second.Vdis.Count < 2)
        {
            second = await NextAsync(mirror, second);
        }

        Assert.Equal([A, B], second.Vdis.Keys.OrderBy(vdi => vdi.ToString(), StringComparer.Ordinal));
        Assert.Single(pool.Sessions);
    }

    private static Task<PoolMirror> StartAsync(XapiSession session, ScriptedPool pool) =>
        PoolMirror.StartAsync(session, pool.Log, Ending).WaitAsync(ScriptedHost.Bound, Ending);

    private static async Task<PoolDatabase> NextAsync(PoolMirror mirror, PoolDatabase seen)
    {
        await mirror.WaitForChangeAsync(seen, Ending).WaitAsync(ScriptedHost.Bound, Ending);
        return mirror.Current;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource bound = new(ScriptedHost.Bound);
        while (!condition())
        {
            await Task.Delay(1, bound.Token);
        }
    }
}
