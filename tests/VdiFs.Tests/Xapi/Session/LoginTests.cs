using System.Text;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Xapi.Scripted;
using VdiFs.Xapi;
using VdiFs.Xapi.Calls;
using VdiFs.Xapi.Model;
using Xunit;
using static VdiFs.Tests.Xapi.Scripted.Failing;

namespace VdiFs.Tests.Xapi.Session;

public sealed class LoginTests
{
    [Fact]
    public async Task A_login_and_a_logout_are_these_bytes()
    {
        await using ScriptedPool pool = new();
        await using (XapiSession session = await pool.LoginAsync())
        {
            Assert.True(session.IsAlive);
            Assert.Equal(1, session.Generation);
            Assert.Equal(new XapiAddress("root", "one", 443), session.Coordinator);
        }

        Assert.Equal(
            [
                $$"""{"jsonrpc":"2.0","method":"session.login_with_password","params":["root","{{ScriptedPool.Password}}","1.0","{{XapiOptions.DefaultOriginator}}"],"id":1}""",
                """{"jsonrpc":"2.0","method":"pool.get_all_records","params":["OpaqueRef:session-secret-1"],"id":2}""",
                """{"jsonrpc":"2.0","method":"session.logout","params":["OpaqueRef:session-secret-1"],"id":3}""",
            ],
            pool.Requests.Select(request => Encoding.UTF8.GetString(request.Body)));
        Assert.Empty(pool.Sessions);
    }

    [Fact]
    public async Task A_request_keeps_the_limits_of_XAPIs_server()
    {
        await using ScriptedPool pool = new();
        await using XapiSession session = await pool.LoginAsync();
        foreach (HostRequest request in pool.Requests)
        {
            Assert.InRange(request.Head.Length, 1, 1024);
            Assert.StartsWith("POST /jsonrpc HTTP/1.1\r\n", request.Head, StringComparison.Ordinal);
            Assert.Equal("application/json", request.HeaderOf("Content-Type"));
            Assert.Equal(XapiOptions.DefaultOriginator, request.HeaderOf("User-Agent"));
            Assert.Equal("sha-256:master", request.HeaderOf("x-xenapi-request-host-certificate-thumbprint"));
            Assert.Equal(
                ["Content-Length", "Content-Type", "Host", "User-Agent", "x-xenapi-request-host-certificate-thumbprint"],
                request.HeaderNames.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task A_request_longer_than_XAPI_accepts_is_not_sent()
    {
        await using ScriptedPool pool = new();
        await using XapiSession session = await pool.LoginAsync();
        int before = pool.Requests.Count;
        await VdiCalls.SetNameLabelAsync(session, new OpaqueRef("OpaqueRef:1"), new string('x', 301 * 1024), Ending)
            .FailsAsync(XapiErrorKind.Protocol);
        Assert.Equal(before, pool.Requests.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_member_leads_to_the_coordinator(bool isPinned)
    {
        await using ScriptedPool pool = new("one", "two");
        XapiOptions options = isPinned
            ? pool.Options with { CaFile = null, Fingerprint = pool.FingerprintOf("two") }
            : pool.Options;
        await using XapiSession session = await pool.LoginAsync(options, "two");
        Assert.Equal("one", session.Coordinator.Host);
        Assert.Equal(
            ["two session.login_with_password", "one session.login_with_password", "one pool.get_all_records"], pool.Calls);
    }

    [Fact]
    public async Task A_coordinator_whose_certificate_nobody_vouches_for_is_not_asked()
    {
        await using ScriptedPool pool = new("one", "two") { TellsThumbprint = false };
        XapiOptions options = pool.Options with { CaFile = null, Fingerprint = pool.FingerprintOf("two") };
        Assert.NotEqual(pool.FingerprintOf("one"), pool.FingerprintOf("two"));
        await pool.LoginAsync(options, "two").FailsAsync(XapiErrorKind.CertificateRejected);
        Assert.Equal(["two session.login_with_password"], pool.Calls);
    }

    [Fact]
    public async Task Members_that_point_at_each_other_end_the_login()
    {
        await using ScriptedPool pool = new("one", "two");
        pool.Script = request => HostAnswer.Fault("HOST_IS_SLAVE", request.Host == "one" ? "two" : "one");
        XapiException refusal = await pool.LoginAsync().FailsAsync(XapiErrorKind.Refused);
        Assert.Equal("HOST_IS_SLAVE", refusal.Code);
        Assert.Equal(3, pool.Requests.Count);
    }

    [Fact]
    public async Task A_wrong_password_is_said_plainly_and_not_shown()
    {
        await using ScriptedPool pool = new();
        XapiException refusal =
            await pool.LoginAsync(password: "another secret").FailsAsync(XapiErrorKind.Refused);
        Assert.Equal(XapiCodes.SessionAuthenticationFailed, refusal.Code);
        Assert.False(refusal.IsTransient);
        Assert.Contains("does not accept this user and password", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("another secret", refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_cannot_be_used_is_logged_out()
    {
        await using ScriptedPool pool = new();
        pool.Script = request => request.Method == "pool.get_all_records"
            ? HostAnswer.Fault("RBAC_PERMISSION_DENIED", "pool.get_all_records", request.Params[0].GetString()!)
            : null;
        XapiException refusal = await pool.LoginAsync().FailsAsync(XapiErrorKind.Refused);
        Assert.DoesNotContain("session-secret", refusal.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(refusal.Parameters, text => text.Contains("session-secret", StringComparison.Ordinal));
        Assert.Empty(pool.Sessions);
        Assert.Contains("one session.logout", pool.Calls);
    }

    [Fact]
    public async Task A_login_that_is_given_up_before_there_is_a_connection_ends_at_once()
    {
        await using ScriptedPool pool = new();
        using CancellationTokenSource leaving = new();
        ManualClock time = new();
        time.Advance(DateTimeOffset.UtcNow - time.GetUtcNow());
        XapiOptions options = pool.Options with
        {
            // It stands still: who waits for the pool by it waits for ever.
            TimeProvider = time,
            Transport = async (_, _, stopped) =>
            {
                await leaving.CancelAsync();
                await Task.Delay(Timeout.InfiniteTimeSpan, stopped);
                throw new InvalidOperationException("nobody is there");
            },
        };
        Task<XapiSession> login = XapiSession.LoginAsync(
            new XapiAddress("root", "one", 443),
            new XapiLogin("root", ScriptedPool.Password),
            options,
            pool.Log,
            leaving.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => login.WaitAsync(ScriptedHost.Bound, Ending));
        Assert.Empty(pool.Calls);
    }

    [Fact]
    public async Task A_login_that_its_caller_gives_up_is_logged_out()
    {
        await using ScriptedPool pool = new();
        using CancellationTokenSource leaving = new();
        pool.Before = (request, _) =>
            request.Method == "session.login_with_password" ? leaving.CancelAsync() : Task.CompletedTask;
        Task<XapiSession> login = XapiSession.LoginAsync(
            new XapiAddress("root", "one", 443),
            new XapiLogin("root", ScriptedPool.Password),
            pool.Options,
            pool.Log,
            leaving.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => login.WaitAsync(ScriptedHost.Bound, Ending));
        Assert.Equal(["one session.login_with_password", "one session.logout"], pool.Calls);
        Assert.Empty(pool.Sessions);
    }

    [Fact]
    public async Task The_own_session_stays_hidden_however_many_others_are_logged_out()
    {
        await using ScriptedPool pool = new();
        await using XapiSession session = await pool.LoginAsync();
        for (int other = 0; other < 20; other++)
        {
            await session.LogoutOtherAsync($"OpaqueRef:left-behind-{other}", Ending);
        }

        pool.Script = request => HostAnswer.Fault("STRANGE", $"by {session.GetReference()}", ScriptedPool.Password);
        XapiException refusal =
            await session.CallAsync("pool.get_all", [], Ending).FailsAsync(XapiErrorKind.Refused);
        Assert.Equal(["by (hidden)", "(hidden)"], refusal.Parameters);
    }

    [Fact]
    public async Task A_secret_is_hidden_where_a_long_text_is_cut()
    {
        await using ScriptedPool pool = new();
        await using XapiSession session = await pool.LoginAsync();
        string text = new string('x', 390) + ScriptedPool.Password;
        pool.Script = _ => HostAnswer.Fault("STRANGE", text);
        XapiException refusal =
            await session.CallAsync("pool.get_all", [], Ending).FailsAsync(XapiErrorKind.Refused);
        Assert.Equal([new string('x', 390) + "(hidden)"], refusal.Parameters);
        XapiException reasoned = session.WithReason(refusal, ["STRANGE", text]);
        Assert.Equal(refusal.Parameters, reasoned.Parameters);
    }

    [Theory]
    [InlineData("one/elsewhere")]
    [InlineData("somebody@one")]
    [InlineData("one two")]
    [InlineData("1:2")]
    public async Task A_coordinator_that_is_no_host_name_is_not_asked(string name)
    {
        await using ScriptedPool pool = new();
        pool.Script = _ => HostAnswer.Fault("HOST_IS_SLAVE", name);
        XapiException failure = await pool.LoginAsync().FailsAsync(XapiErrorKind.Protocol);
        Assert.Contains($"no name or address of a host: {name}", failure.Message, StringComparison.Ordinal);
        Assert.Single(pool.Requests);
    }

    [Fact]
    public async Task A_logout_that_is_not_answered_does_not_hold_the_end()
    {
        await using ScriptedPool pool = new();
        XapiSession session = await pool.LoginAsync(
            pool.Options with { LogoutTimeout = TimeSpan.FromMilliseconds(50) });
        pool.Before = (_, stopped) => Task.Delay(Timeout.Infinite, stopped);
        await session.DisposeAsync().AsTask().WaitAsync(ScriptedHost.Bound, Ending);
        Assert.False(session.IsAlive);
        Assert.Contains(pool.Log.Lines, line => line.Contains("the logout failed", StringComparison.Ordinal));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => session.CallAsync("pool.get_all", [], Ending));
    }
}
