using VdiFs.Pool.Rpc;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Pool.Rpc;

public sealed class RecordTests
{
    [Fact]
    public async Task A_disk_has_the_fields_of_the_datamodel()
    {
        await using var bench = new RpcBench();
        RpcValue record = await bench.CallAsync("VDI.get_record", bench.Vdi("orphan").Ref);
        Assert.Equal(
            "uuid name_label name_description allowed_operations current_operations SR VBDs crash_dumps virtual_size "
            + "physical_utilisation type sharable read_only other_config storage_lock location managed missing parent "
            + "xenstore_data sm_config is_a_snapshot snapshot_of snapshots snapshot_time tags allow_caching on_boot "
            + "metadata_of_pool metadata_latest is_tools_iso cbt_enabled",
            string.Join(' ', record.Members.Select(member => member.Key)));
        Assert.Equal("19700101T00:00:00Z", record.Member("snapshot_time")!.Time);
        Assert.Equal(96L << 20, record.Member("virtual_size")!.Int);
    }

    [Theory]
    [InlineData("VDI.get_record", "HANDLE_INVALID", "VDI", "nothing")]
    [InlineData("VM.get_name_label", "HANDLE_INVALID", "VM", "nothing")]
    [InlineData("VBD.get_by_uuid", "UUID_INVALID", "VBD", "nothing")]
    [InlineData("VDI.destroy", "HANDLE_INVALID", "VDI", "nothing")]
    public async Task What_does_not_exist_is_named(string method, params string[] error)
    {
        await using var bench = new RpcBench();
        Assert.Equal(error, await RpcBench.ErrorAsync(bench.CallAsync(method, "nothing")));
    }

    [Fact]
    public async Task A_reference_of_another_class_is_none()
    {
        await using var bench = new RpcBench();
        string reference = bench.Vm("web01").Ref;
        Assert.Equal(
            ["HANDLE_INVALID", "VDI", reference],
            await RpcBench.ErrorAsync(bench.CallAsync("VDI.get_record", reference)));
    }

    [Theory]
    [InlineData("VDI.fly")]
    [InlineData("Async.VDI.get_nbd_info")]
    [InlineData("session.get_all_records")]
    [InlineData("event.register")]
    public async Task A_method_that_does_not_exist_is_named(string method)
    {
        await using var bench = new RpcBench();
        Assert.Equal(["MESSAGE_METHOD_UNKNOWN", method], await RpcBench.ErrorAsync(bench.CallAsync(method)));
    }

    [Fact]
    public async Task The_number_of_arguments_leaves_the_session_out()
    {
        await using var bench = new RpcBench();
        Assert.Equal(
            ["MESSAGE_PARAMETER_COUNT_MISMATCH", "VDI.get_record", "1", "2"],
            await RpcBench.ErrorAsync(bench.CallAsync("VDI.get_record", "a", "b")));
    }

    [Fact]
    public async Task An_underscore_may_stand_for_the_point()
    {
        await using var bench = new RpcBench();
        RpcValue task = await bench.CallAsync("task_create", "label", "description");
        Assert.Equal("label", (await bench.CallAsync("task_get_name_label", task.Text)).Text);
    }

    [Fact]
    public async Task Methods_are_listed_without_a_session_on_any_host()
    {
        await using var bench = new RpcBench();
        RpcValue list = await bench.BareCallAsync(bench.State.Hosts[2], "system.listMethods");
        string[] names = [.. list.Items.Select(item => item.Text)];
        Assert.Contains("VDI.get_all_records", names);
        Assert.Contains("Async.VDI.snapshot", names);
        Assert.Contains("host.get_address", names);
        Assert.DoesNotContain("Async.VDI.get_nbd_info", names);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("not true", false)]
    [InlineData("field \"name_label\" = \"web01\"", true)]
    [InlineData("field \"name_label\"=\"web01\" and field \"is_a_template\"=\"true\"", false)]
    [InlineData("(field 'power_state' = 'Halted') or field 'name_label' = \"web01\"", true)]
    [InlineData("\"web01\" = field \"name_label\"", true)]
    [InlineData("false and true or true", false)]
    public async Task Where_understands_the_small_language(string expression, bool expected)
    {
        await using var bench = new RpcBench();
        RpcValue records = await bench.CallAsync("VM.get_all_records_where", expression);
        Assert.Equal(expected, records.Member(bench.Vm("web01").Ref) is not null);
    }

    [Theory]
    [InlineData("field name_label = \"x\"")]
    [InlineData("true true")]
    [InlineData("(true")]
    [InlineData("true ;")]
    public async Task Where_refuses_what_it_does_not_understand(string expression)
    {
        await using var bench = new RpcBench();
        Assert.Equal(
            "INTERNAL_ERROR",
            (await RpcBench.ErrorAsync(bench.CallAsync("VM.get_all_records_where", expression)))[0]);
    }

    [Fact]
    public async Task A_key_cannot_be_added_twice()
    {
        await using var bench = new RpcBench();
        string vdi = bench.Vdi("orphan").Ref;
        await bench.CallAsync("VDI.add_to_other_config", vdi, "key", "value");
        Assert.Equal(
            ["MAP_DUPLICATE_KEY", "VDI", "", vdi, "key"],
            await RpcBench.ErrorAsync(bench.CallAsync("VDI.add_to_other_config", vdi, "key", "value")));
        await bench.CallAsync("VDI.remove_from_other_config", vdi, "key");
        Assert.Empty((await bench.CallAsync("VDI.get_other_config", vdi)).Members);
    }

    [Fact]
    public async Task The_large_pool_has_its_numbers()
    {
        await using var bench = new RpcBench(isLarge: true);
        RpcValue answer = await bench.EventsAsync("", 0, "*");
        RpcValue counts = answer.Member("valid_ref_counts")!;
        Assert.Equal(5_003, counts.Member("vm")!.Int);
        Assert.Equal(20_000, counts.Member("vdi")!.Int);
        Assert.Equal(20_000, counts.Member("vbd")!.Int);
    }
}
