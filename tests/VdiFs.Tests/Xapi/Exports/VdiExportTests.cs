using VdiFs.Tests.Xapi.Scripted;
using VdiFs.Xapi;
using VdiFs.Xapi.Exports;
using VdiFs.Xapi.Model;
using Xunit;
using static VdiFs.Tests.Xapi.Scripted.Failing;

namespace VdiFs.Tests.Xapi.Exports;

public sealed class VdiExportTests
{
    private const long Disk = 8 * 1024 * 1024;

    private static readonly HostAnswer Good = HostAnswer.Export(ExportImages.Vhd(Disk, 1));
    private static readonly (long, long)[] GoodExtents = [(ExportImages.VhdBlockBytes, ExportImages.VhdBlockBytes)];

    [Fact]
    public async Task An_export_is_asked_for_read_and_cleaned_up()
    {
        await using ScriptedPool pool = new();
        pool.Script = Scripted(pool, _ => Good);
        await using XapiSession session = await pool.LoginAsync();
        Assert.Equal(GoodExtents, (await ReadAsync(session)).Extents);
        HostRequest get = pool.Requests.Single(request => request.Verb == "GET");
        Assert.Equal(
            "/export_raw_vdi?vdi=OpaqueRef%3Avdi&format=vhd&session_id=OpaqueRef%3Asession-secret-1&task_id=OpaqueRef%3Atask",
            get.Target);
        Assert.InRange(get.Head.Length, 1, 1024);
        Assert.Equal(["Host", "User-Agent"], get.HeaderNames.Order(StringComparer.Ordinal));
        Assert.Equal(
            ["one task.create", "one task.get_record", "one task.destroy"],
            pool.Calls.Where(call => call.Contains(" task.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_task_that_the_server_does_not_end_is_cancelled_before_it_is_destroyed()
    {
        await using ScriptedPool pool = new();
        pool.Script = Scripted(pool, _ => Good, """{"uuid":"t","status":"pending"}""");
        await using XapiSession session = await pool.LoginAsync();
        await ReadAsync(session);
        string[] calls = [.. pool.Calls.TakeLast(2)];
        Assert.Equal(["one task.set_status", "one task.destroy"], calls);
        Assert.Equal("cancelled", pool.Requests.First(r => r.Verb == "POST" && r.Method == "task.set_status").Params[2].GetString());
    }

    [Fact]
    public async Task A_task_that_a_busy_pool_does_not_destroy_is_destroyed_later()
    {
        await using ScriptedPool pool = new();
        int asked = 0;
        Func<HostRequest, HostAnswer?> usual = Scripted(pool, _ => Good);
        pool.Script = request => request is { Verb: "POST", Method: "task.destroy" } && asked++ == 0
            ? HostAnswer.Fault("TOO_MANY_PENDING_TASKS")
            : usual(request);
        await using XapiSession session = await pool.LoginAsync();
        await ReadAsync(session);
        Assert.Equal(2, asked);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_redirect_leads_to_the_host_that_sees_the_disk(bool isPinned)
    {
        await using ScriptedPool pool = new("one", "two");
        pool.Script = Scripted(pool, request => request.Host == "two" ? Good : Redirect("https://two/export_raw_vdi?x=y"));
        XapiOptions options = isPinned
            ? pool.Options with { CaFile = null, Fingerprint = pool.FingerprintOf("one") }
            : pool.Options;
        await using XapiSession session = await pool.LoginAsync(options);
        Assert.Equal(GoodExtents, (await ReadAsync(session)).Extents);
        Assert.Equal(["one", "two"], pool.Requests.Where(r => r.Verb == "GET").Select(r => r.Host));
        Assert.Contains("session_id=", pool.Requests.Last(r => r.Verb == "GET").Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_to_a_stranger_gets_no_session()
    {
        await using ScriptedPool pool = new("one", "stranger");
        pool.Script = Scripted(pool, request => request.Host == "stranger" ? Good : Redirect("https://stranger/x"));
        XapiOptions options = pool.Options with { CaFile = null, Fingerprint = pool.FingerprintOf("one") };
        await using XapiSession session = await pool.LoginAsync(options);
        await ReadAsync(session).FailsAsync(XapiErrorKind.CertificateRejected);
        Assert.DoesNotContain(pool.Requests, request => request.Host == "stranger");
        Assert.Contains("one task.destroy", pool.Calls);
    }

    [Theory]
    [InlineData("http://two/export_raw_vdi")]
    [InlineData("/export_raw_vdi")]
    [InlineData("https://one/export_raw_vdi")]
    public async Task A_redirect_in_a_circle_or_without_TLS_is_refused(string location)
    {
        await using ScriptedPool pool = new("one", "two");
        pool.Script = Scripted(pool, _ => Redirect(location));
        await using XapiSession session = await pool.LoginAsync();
        await ReadAsync(session).FailsAsync(XapiErrorKind.Http);
        Assert.InRange(pool.Requests.Count(request => request.Verb == "GET"), 1, 3);
        Assert.DoesNotContain(pool.Requests, request => request.Host == "two");
    }

    [Fact]
    public async Task A_named_host_is_asked_first()
    {
        await using ScriptedPool pool = new("one", "two");
        pool.Script = Scripted(pool, _ => Good);
        await using XapiSession session = await pool.LoginAsync();
        await VdiExport.ReadAllocationAsync(session, Request with { HostAddress = "two" }, Ending);
        Assert.Equal("two", pool.Requests.Single(request => request.Verb == "GET").Host);
    }

    [Fact]
    public async Task A_session_that_is_lost_is_renewed_once()
    {
        await using ScriptedPool pool = new();
        pool.Script = Scripted(pool, request => request.Target.Contains("secret-1&", StringComparison.Ordinal)
            ? HostAnswer.Of("401 Unauthorised", "WWW-Authenticate: Basic\r\n", [])
            : Good);
        await using XapiSession session = await pool.LoginAsync();
        pool.Before = (request, _) =>
        {
            if (request.Verb == "GET" && session.Generation == 1)
            {
                pool.ForgetSessions();
            }

            return Task.CompletedTask;
        };
        Assert.Equal(GoodExtents, (await ReadAsync(session)).Extents);
        Assert.Equal(2, session.Generation);
    }

    [Theory]
    [InlineData("401 Unauthorised", "does not accept the session")]
    [InlineData("403 Forbidden", "vm-admin or more is needed")]
    [InlineData("404 Not Found", "does not know exports in the format vhd")]
    [InlineData("500 Internal Error", "refuses the export with HTTP 500")]
    public async Task A_refusal_says_what_it_means(string status, string said)
    {
        await using ScriptedPool pool = new();
        pool.Script = Scripted(pool, _ => HostAnswer.Of(status, "", []));
        await using XapiSession session = await pool.LoginAsync();
        XapiException failure = await ReadAsync(session).FailsAsync(XapiErrorKind.Http);
        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
        Assert.Contains("one task.destroy", pool.Calls);
    }

    [Fact]
    public async Task A_task_of_a_refused_export_is_not_waited_for()
    {
        await using ScriptedPool pool = new();
        pool.Script = Scripted(
            pool, _ => HostAnswer.Of("403 Forbidden", "", []), """{"uuid":"t","status":"pending"}""");
        await using XapiSession session = await pool.LoginAsync();
        await ReadAsync(session).FailsAsync(XapiErrorKind.Http);

        // Once for its reason, once before it is destroyed.
        Assert.Equal(2, pool.Calls.Count(call => call == "one task.get_record"));
        Assert.Equal(["one task.set_status", "one task.destroy"], pool.Calls.TakeLast(2));
    }

    public static TheoryData<string> BadBodies => ["empty", "cut", "error", "error later"];

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task A_failure_after_the_200_is_told_with_the_tasks_reason(string name)
    {
        byte[] good = ExportImages.Vhd(Disk, 1);
        byte[] error = "HTTP/1.1 500 Internal Error\r\n\r\n"u8.ToArray();
        byte[] body = name switch
        {
            "empty" => [],
            "cut" => good[..2100],
            "error" => error,
            _ => [.. good[..2050], .. error],
        };
        await using ScriptedPool pool = new();
        await using XapiSession session = await pool.LoginAsync();
        string token = pool.Sessions.Single();
        pool.Script = Scripted(
            pool,
            _ => HostAnswer.Export(body),
            $$"""{"uuid":"t","status":"failure","error_info":["VDI_IO_ERROR","Device I/O errors in {{token}}"]}""");
        XapiException failure = await ReadAsync(session).FailsAsync(XapiErrorKind.BadExport);
        Assert.Equal("VDI_IO_ERROR", failure.Code);
        Assert.Equal(["Device I/O errors in (hidden)"], failure.Parameters);
        Assert.True(failure.IsTransient);
        Assert.Equal(
            name.StartsWith("error", StringComparison.Ordinal),
            failure.Message.Contains("HTTP/1.1 500 Internal Error", StringComparison.Ordinal));
        Assert.DoesNotContain(token, failure.ToString(), StringComparison.Ordinal);
        Assert.Contains("one task.destroy", pool.Calls);
    }

    [Fact]
    public async Task An_export_that_brings_nothing_ends_in_time()
    {
        await using ScriptedPool pool = new();
        pool.Script = Scripted(pool, _ => Good);
        await using XapiSession session = await pool.LoginAsync();
        pool.Before = (request, stopped) =>
            request.Verb == "GET" ? Task.Delay(Timeout.Infinite, stopped) : Task.CompletedTask;
        ExportRequest hasty = Request with { Deadline = TimeSpan.FromMilliseconds(100) };
        await VdiExport.ReadAllocationAsync(session, hasty, Ending).FailsAsync(XapiErrorKind.Timeout);
        Assert.Contains("one task.destroy", pool.Calls);
    }

    [Fact]
    public async Task A_task_that_is_made_while_its_caller_leaves_is_destroyed_and_nothing_exported()
    {
        await using ScriptedPool pool = new();
        pool.Script = Scripted(pool, _ => Good);
        await using XapiSession session = await pool.LoginAsync();
        TaskCompletionSource answered = new();
        using CancellationTokenSource leaving = new();
        Task<ExportedAllocation> export = await LeaveAsync(pool, session, leaving, answered.Task);
        answered.SetResult();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => export.WaitAsync(ScriptedHost.Bound, Ending));
        Assert.Contains("one task.destroy", pool.Calls);
        Assert.DoesNotContain(pool.Requests, request => request.Verb == "GET");
    }

    [Fact]
    public async Task A_task_that_is_never_made_does_not_hold_a_caller_that_leaves()
    {
        await using ScriptedPool pool = new();
        pool.Script = Scripted(pool, _ => Good);
        XapiOptions hasty = pool.Options with { LogoutTimeout = TimeSpan.FromMilliseconds(50) };
        await using XapiSession session = await pool.LoginAsync(hasty);
        using CancellationTokenSource leaving = new();
        Task<ExportedAllocation> export =
            await LeaveAsync(pool, session, leaving, new TaskCompletionSource().Task);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => export.WaitAsync(ScriptedHost.Bound, Ending));
    }

    /// <summary>Begins an export and leaves it while the pool makes its task.</summary>
    private static async Task<Task<ExportedAllocation>> LeaveAsync(
        ScriptedPool pool, XapiSession session, CancellationTokenSource leaving, Task answered)
    {
        TaskCompletionSource asked = new();
        pool.Before = async (request, stopped) =>
        {
            if (request.Method == "task.create")
            {
                asked.SetResult();
                await answered.WaitAsync(stopped);
            }
        };
        Task<ExportedAllocation> export = VdiExport.ReadAllocationAsync(session, Request, leaving.Token);
        await asked.Task.WaitAsync(ScriptedHost.Bound, Ending);
        await leaving.CancelAsync();
        return export;
    }

    private static ExportRequest Request => new()
    {
        Vdi = new OpaqueRef("OpaqueRef:vdi"),
        Format = ExportFormat.Vhd,
        VirtualSizeBytes = Disk,
    };

    private static Task<ExportedAllocation> ReadAsync(XapiSession session) =>
        VdiExport.ReadAllocationAsync(session, Request, Ending).WaitAsync(ScriptedHost.Bound, Ending);

    private static HostAnswer Redirect(string location) => HostAnswer.Of("302 Found", $"Location: {location}\r\n", []);

    private static Func<HostRequest, HostAnswer?> Scripted(
        ScriptedPool pool, Func<HostRequest, HostAnswer> export, string task = """{"uuid":"t","status":"failure"}""") =>
        request => request.Verb == "GET" ? export(request) : request.Method switch
        {
            "task.create" => HostAnswer.Result("\"OpaqueRef:task\""),
            "task.get_record" => HostAnswer.Result(task),
            "task.set_status" or "task.destroy" => HostAnswer.Result("\"\""),
            "host.get_all_records" => HostAnswer.Result(
                """{"OpaqueRef:h1":{"address":"one"},"OpaqueRef:h2":{"address":"two"}}"""),
            "host.get_server_certificate" => HostAnswer.Result($"\"{pool.PemOf("two")}\""),
            _ => null,
        };
}
