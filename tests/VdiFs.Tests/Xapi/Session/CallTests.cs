using System.Text;
using System.Text.Json;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Xapi.Scripted;
using VdiFs.Xapi;
using VdiFs.Xapi.Calls;
using VdiFs.Xapi.Model;
using VdiFs.Xapi.Rpc;
using Xunit;
using static VdiFs.Tests.Xapi.Scripted.Failing;

namespace VdiFs.Tests.Xapi.Session;

public sealed class CallTests
{
    private static readonly OpaqueRef Vdi = new("OpaqueRef:vdi");
    private static readonly Dictionary<string, string> None = [];

    [Fact]
    public async Task Arguments_have_the_shapes_of_the_wire()
    {
        await using ScriptedPool pool = new();
        pool.Script = Answering("x.y", HostAnswer.Result("\"\""));
        await using XapiSession session = await pool.LoginAsync();
        XapiValue[] arguments =
        [
            Vdi, "a \"b\" \u00fc", 8589934592L, 0.5, 30.0, true, XapiValue.Set(["VDI", "VM"]),
            XapiValue.Map(new Dictionary<string, string> { ["k"] = "v" }),
        ];
        await session.CallAsync("x.y", arguments, Ending);
        Assert.Equal(
            """{"jsonrpc":"2.0","method":"x.y","params":["OpaqueRef:session-secret-1","OpaqueRef:vdi","a \"b\" ü",8589934592,0.5,30.0,true,["VDI","VM"],{"k":"v"}],"id":3}""",
            Encoding.UTF8.GetString(pool.Requests.Last().Body));
    }

    [Fact]
    public async Task Calls_in_a_row_take_one_connection()
    {
        await using ScriptedPool pool = new();
        int connections = 0;
        XapiOptions options = pool.Options;
        await using XapiSession session = await pool.LoginAsync(options with
        {
            Transport = (host, port, token) =>
            {
                connections++;
                return options.Transport!(host, port, token);
            },
        });
        pool.Script = Answering("x.y", HostAnswer.Result("\"\""));
        for (int i = 0; i < 5; i++)
        {
            await session.CallAsync("x.y", [Vdi], Ending);
        }

        Assert.Equal(1, connections);
    }

    [Fact]
    public async Task NBD_servers_are_read()
    {
        await using ScriptedPool pool = new();
        pool.Script = Answering("VDI.get_nbd_info", HostAnswer.Result(
            """[{"exportname":"/u?session_id=s","address":"10.0.0.1","port":10809,"cert":"PEM","subject":"one"},{"port":70000}]"""));
        await using XapiSession session = await pool.LoginAsync();
        IReadOnlyList<VdiNbdServerInfo> servers = await session.GetNbdInfoAsync(Vdi, Ending);
        Assert.Equal("/u?session_id=s", servers[0].ExportName);
        Assert.Equal("10.0.0.1", servers[0].Address);
        Assert.Equal(10809, servers[0].Port);
        Assert.Equal("PEM", servers[0].CertificatePem);
        Assert.Equal("one", servers[0].Subject);
        Assert.Equal(0, servers[1].Port);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("[7]")]
    [InlineData("""[{"address":"10.0.0.1"},"OpaqueRef:x"]""")]
    public async Task NBD_servers_that_are_no_set_of_records_are_refused(string result)
    {
        await using ScriptedPool pool = new();
        pool.Script = Answering("VDI.get_nbd_info", HostAnswer.Result(result));
        await using XapiSession session = await pool.LoginAsync();
        await session.GetNbdInfoAsync(Vdi, Ending).FailsAsync(XapiErrorKind.Protocol);
    }

    [Fact]
    public async Task A_snapshot_gives_its_task_and_nothing_else_will_do()
    {
        await using ScriptedPool pool = new();
        string result = "\"OpaqueRef:task\"";
        pool.Script = request => Answering("Async.VDI.snapshot", HostAnswer.Result(result))(request);
        await using XapiSession session = await pool.LoginAsync();
        Assert.Equal("OpaqueRef:task", (await StartAsync()).ToString());
        foreach (string wrong in new[] { "7", "\"\"", "\"OpaqueRef:NULL\"", "null" })
        {
            result = wrong;
            await StartAsync().FailsAsync(XapiErrorKind.Protocol);
        }

        Task<OpaqueRef> StartAsync() => session.StartSnapshotAsync(Vdi, None, None, Ending);
    }

    [Fact]
    public async Task What_a_task_is_to_bear_from_its_beginning_goes_with_the_call_that_makes_it()
    {
        await using ScriptedPool pool = new();
        string? told = null;
        pool.Script = request =>
        {
            told = request.HeaderOf("x-http-other-config-vdifs-owner") ?? told;
            return Answering("Async.VDI.snapshot", HostAnswer.Result("\"OpaqueRef:task\""))(request);
        };
        await using XapiSession session = await pool.LoginAsync();
        await session.StartSnapshotAsync(
            Vdi, None, new Dictionary<string, string> { ["vdifs-owner"] = "me/pid:[1]" }, Ending);
        Assert.Equal("me/pid:[1]", told);
    }

    [Fact]
    public async Task The_failure_of_a_task_tells_its_reason_and_no_secret()
    {
        await using ScriptedPool pool = new();
        await using XapiSession session = await pool.LoginAsync();
        TaskRecord task = new()
        {
            Ref = Vdi, Uuid = "", Status = "failure",
            ErrorInfo = ["SR_BACKEND_FAILURE_44", "", $"no room for {session.GetReference()}"],
        };
        XapiException failure = session.FailureOf("VDI.snapshot", task);
        Assert.Equal((XapiErrorKind.Refused, "SR_BACKEND_FAILURE_44"), (failure.Kind, failure.Code));
        Assert.Contains("no room", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(session.GetReference(), failure.ToString(), StringComparison.Ordinal);
        Assert.Contains(
            "ended as cancelled",
            session.FailureOf("VDI.snapshot", task with { Status = "cancelled", ErrorInfo = [] }).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_tells_its_code_its_parameters_and_whether_it_passes()
    {
        await using ScriptedPool pool = new();
        pool.Script = Answering("VDI.destroy", HostAnswer.Fault("VDI_IN_USE", "OpaqueRef:vdi", "destroy"));
        await using XapiSession session = await pool.LoginAsync();
        XapiException refusal = await VdiCalls.DestroyAsync(session, Vdi, Ending).FailsAsync(XapiErrorKind.Refused);
        Assert.Equal(XapiCodes.VdiInUse, refusal.Code);
        Assert.Equal(["OpaqueRef:vdi", "destroy"], refusal.Parameters);
        Assert.True(refusal.IsTransient);
        Assert.Equal("VDI.destroy: VDI_IN_USE (OpaqueRef:vdi; destroy)", refusal.Message);
    }

    [Fact]
    public async Task Bare_infinity_in_a_record_does_no_harm()
    {
        await using ScriptedPool pool = new();
        pool.Script = Answering("task.get_record", HostAnswer.Result("""{"uuid":"u","progress":-Infinity,"status":"pending"}"""));
        await using XapiSession session = await pool.LoginAsync();
        TaskRecord task = await TaskCalls.GetRecordAsync(session, new OpaqueRef("OpaqueRef:t"), Ending);
        Assert.Equal("pending", task.Status);
        Assert.Equal(double.NegativeInfinity, task.Progress);
    }

    [Theory]
    [InlineData("500 Internal Error", "text/html", XapiErrorKind.Http, true)]
    [InlineData("431 Request Header Fields Too Large", "text/html", XapiErrorKind.Http, false)]
    [InlineData("302 Found", "text/html", XapiErrorKind.Http, false)]
    [InlineData("200 OK", "text/xml", XapiErrorKind.Http, false)]
    [InlineData("200 OK", "application/json", XapiErrorKind.Protocol, false)]
    public async Task What_is_no_answer_of_XAPI_is_an_error(string status, string type, XapiErrorKind kind, bool isTransient)
    {
        await using ScriptedPool pool = new();
        byte[] body = "<html>OpaqueRef:session-secret-1</html>"u8.ToArray();
        pool.Script = Answering("VDI.destroy", HostAnswer.Of(status, $"Content-Type: {type}\r\n", body));
        await using XapiSession session = await pool.LoginAsync();
        XapiException failure = await VdiCalls.DestroyAsync(session, Vdi, Ending).FailsAsync(kind);
        Assert.Equal(isTransient, failure.IsTransient);
        Assert.DoesNotContain("secret", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_call_that_is_not_answered_ends_in_time_and_is_not_repeated()
    {
        await using ScriptedPool pool = new();
        ManualClock clock = new();
        // Certificates are looked at by it.
        clock.Advance(DateTimeOffset.UtcNow - clock.GetUtcNow());
        await using XapiSession session = await pool.LoginAsync(pool.Options with { TimeProvider = clock });
        pool.Before = (request, stopped) =>
        {
            if (request.Method != "VDI.get_record")
            {
                return Task.CompletedTask;
            }

            clock.Advance(session.Options.CallTimeout);
            return Task.Delay(Timeout.Infinite, stopped);
        };
        await VdiCalls.GetRecordAsync(session, Vdi, Ending).FailsAsync(XapiErrorKind.Timeout);
        Assert.Single(pool.Calls, call => call == "one VDI.get_record");
    }

    [Fact]
    public async Task A_cancelled_call_leaves_at_once()
    {
        await using ScriptedPool pool = new();
        await using XapiSession session = await pool.LoginAsync();
        using CancellationTokenSource leaving = new();
        pool.Before = async (request, stopped) =>
        {
            if (request.Method == "VDI.destroy")
            {
                await leaving.CancelAsync();
                await Task.Delay(Timeout.Infinite, stopped);
            }
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => VdiCalls.DestroyAsync(session, Vdi, leaving.Token).WaitAsync(ScriptedHost.Bound, Ending));
    }

    [Fact]
    public async Task No_error_and_no_log_shows_the_session_or_the_password()
    {
        await using ScriptedPool pool = new();
        await using XapiSession session = await pool.LoginAsync();
        string token = pool.Sessions.Single();
        string[] quoted = [$"lost {token} and {ScriptedPool.Password}", token, ScriptedPool.Password];
        pool.Script = request => request.Method switch
        {
            "VDI.destroy" => HostAnswer.Fault("INTERNAL_ERROR", quoted),
            "VBD.destroy" => HostAnswer.Fault(token),
            "VBD.unplug" => HostAnswer.Json($$"""{"error":["E{{token}}","{{token}}"]}"""),
            "task.create" => HostAnswer.Json($$"""{"result":"{{token}}" "{{ScriptedPool.Password}}"}"""),
            _ => null,
        };
        XapiException[] failures =
        [
            await VdiCalls.DestroyAsync(session, Vdi, Ending).FailsAsync(XapiErrorKind.Refused),
            await VbdCalls.DestroyAsync(session, Vdi, Ending).FailsAsync(XapiErrorKind.Refused),
            await VbdCalls.UnplugAsync(session, Vdi, Ending).FailsAsync(XapiErrorKind.Refused),
            await TaskCalls.CreateAsync(session, "l", "d", Ending).FailsAsync(XapiErrorKind.Protocol),
        ];
        pool.Script = _ => null;
        pool.ForgetSessions();
        await session.CallAsync("pool.get_all_records", [], Ending);
        foreach (string text in failures
            .Select(failure => failure.ToString() + failure.Code + string.Concat(failure.Parameters))
            .Concat(pool.Log.Lines))
        {
            Assert.DoesNotContain("session-secret", text, StringComparison.Ordinal);
            Assert.DoesNotContain(ScriptedPool.Password, text, StringComparison.Ordinal);
        }
    }

    private static Func<HostRequest, HostAnswer?> Answering(string method, HostAnswer answer) =>
        request => request.Method == method ? answer : null;
}
