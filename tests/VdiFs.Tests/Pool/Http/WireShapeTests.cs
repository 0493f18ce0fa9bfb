using Xunit;

namespace VdiFs.Tests.Pool.Http;

/// <summary>Whole answers, byte for byte.</summary>
public sealed class WireShapeTests
{
    [Fact]
    public async Task Version_2_success()
    {
        await using WireBench bench = await WireBench.StartAsync();
        string session = await bench.LoginAsync();
        string answer = await bench.JsonAsync(
            $$"""{"jsonrpc":"2.0","method":"pool.get_all","params":["{{session}}"],"id":"seven"}""");
        Assert.Equal($$"""{"jsonrpc":"2.0","result":["{{bench.State.Pool.Ref}}"],"id":"seven"}""", answer);
    }

    [Fact]
    public async Task Version_2_error()
    {
        await using WireBench bench = await WireBench.StartAsync();
        string session = await bench.LoginAsync();
        string answer = await bench.JsonAsync(
            $$"""{"jsonrpc":"2.0","method":"VDI.get_uuid","params":["{{session}}","x"],"id":7}""");
        Assert.Equal(
            """{"jsonrpc":"2.0","error":{"code":1,"message":"HANDLE_INVALID","data":["VDI","x"]},"id":7}""", answer);
    }

    [Fact]
    public async Task Version_1_success_and_error()
    {
        await using WireBench bench = await WireBench.StartAsync();
        string session = await bench.LoginAsync();
        Assert.Equal(
            $$"""{"result":["{{bench.State.Pool.Ref}}"],"error":null,"id":0}""",
            await bench.JsonAsync($$"""{"method":"pool.get_all","params":["{{session}}"],"id":0}"""));
        Assert.Equal(
            """{"result":null,"error":["SESSION_INVALID","x"],"id":0}""",
            await bench.JsonAsync("""{"method":"pool.get_all","params":["x"],"id":0}"""));
    }

    [Fact]
    public async Task A_member_names_the_coordinators_address()
    {
        await using WireBench bench = await WireBench.StartAsync();
        string answer = await bench.JsonAsync(
            """{"jsonrpc":"2.0","method":"session.login_with_password","params":["a","b"],"id":1}""", host: 2);
        string address = bench.State.Coordinator.Address;
        Assert.Equal(
            $$"""{"jsonrpc":"2.0","error":{"code":1,"message":"HOST_IS_SLAVE","data":["{{address}}"]},"id":1}""",
            answer);
    }

    [Fact]
    public async Task An_emergency_is_an_array_with_id_0()
    {
        await using WireBench bench = await WireBench.StartAsync();
        bench.State.Faults.EmergencyError = "HOST_STILL_BOOTING";
        Assert.Equal(
            """{"jsonrpc":"2.0","error":["HOST_STILL_BOOTING"],"id":0}""",
            await bench.JsonAsync("""{"jsonrpc":"2.0","method":"pool.get_all","params":["x"],"id":7}"""));
    }

    [Theory]
    [InlineData(false, "0.0")]
    [InlineData(true, "Infinity")]
    public async Task A_floating_point_number_has_a_point_or_is_a_bare_word(bool isInfinite, string expected)
    {
        await using WireBench bench = await WireBench.StartAsync();
        string session = await bench.LoginAsync();
        string task = await bench.JsonAsync(
            $$"""{"method":"task_create","params":["{{session}}","a","b"],"id":1}""");
        task = task.Split('"')[3];
        bench.State.Faults.BareInfinity = isInfinite;
        Assert.Equal(
            $$"""{"jsonrpc":"2.0","result":{{expected}},"id":1}""",
            await bench.JsonAsync(
                $$"""{"jsonrpc":"2.0","method":"task.get_progress","params":["{{session}}","{{task}}"],"id":1}"""));
    }

    [Fact]
    public async Task Text_beyond_ascii_is_written_as_it_is()
    {
        await using WireBench bench = await WireBench.StartAsync();
        string session = await bench.LoginAsync();
        string vm = bench.State.All<VdiFs.Pool.State.VmObject>().Single(one => one.NameLabel.Contains('\u2603')).Ref;
        Assert.Equal(
            "{\"jsonrpc\":\"2.0\",\"result\":\"B\u00fcro \u2603 \u65e5\u672c\",\"id\":1}",
            await bench.JsonAsync(
                $$"""{"jsonrpc":"2.0","method":"VM.get_name_label","params":["{{session}}","{{vm}}"],"id":1}"""));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/RPC2")]
    public async Task Xml_wraps_a_result_in_a_status(string path)
    {
        await using WireBench bench = await WireBench.StartAsync();
        string session = await bench.LoginAsync();
        (string head, string body) = await bench.SendAsync(
            WireBench.Post(path, Call("pool.get_name_label", session, bench.State.Pool.Ref)));
        Assert.Contains("\r\ncontent-type: text/xml\r\n", head, StringComparison.Ordinal);
        Assert.Equal(
            Response("<member><name>Status</name><value>Success</value></member>"
                + "<member><name>Value</name><value>demo</value></member>"),
            body);
    }

    [Fact]
    public async Task Xml_writes_numbers_as_texts_and_truths_as_digits()
    {
        await using WireBench bench = await WireBench.StartAsync();
        string session = await bench.LoginAsync();
        string vm = bench.State.Hosts[0].ControlDomain!.Ref;
        Assert.Contains(
            "<name>Value</name><value>2</value>",
            (await bench.SendAsync(WireBench.Post("/", Call("VM.get_VCPUs_max", session, vm)))).Body,
            StringComparison.Ordinal);
        Assert.Contains(
            "<name>Value</name><value><boolean>1</boolean></value>",
            (await bench.SendAsync(WireBench.Post("/", Call("VM.get_is_control_domain", session, vm)))).Body,
            StringComparison.Ordinal);
        Assert.Contains(
            "<value><dateTime.iso8601>19700101T00:00:00Z</dateTime.iso8601></value>",
            (await bench.SendAsync(WireBench.Post("/", Call("VM.get_snapshot_time", session, vm)))).Body,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Xml_wraps_an_error_in_a_status()
    {
        await using WireBench bench = await WireBench.StartAsync();
        Assert.Equal(
            Response("<member><name>Status</name><value>Failure</value></member>"
                + "<member><name>ErrorDescription</name><value><array><data><value>SESSION_INVALID</value>"
                + "<value>x</value></data></array></value></member>"),
            (await bench.SendAsync(WireBench.Post("/", Call("VM.get_all", "x")))).Body);
    }

    private static string Call(string method, params string[] arguments)
    {
        IEnumerable<string> parameters = arguments.Select(argument => $"<param><value>{argument}</value></param>");
        return $"<methodCall><methodName>{method}</methodName><params>{string.Concat(parameters)}</params></methodCall>";
    }

    private static string Response(string members) =>
        "<?xml version=\"1.0\"?><methodResponse><params><param><value><struct>" + members
        + "</struct></value></param></params></methodResponse>";
}
