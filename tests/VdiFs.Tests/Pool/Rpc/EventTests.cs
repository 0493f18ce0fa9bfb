using VdiFs.Pool.Rpc;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Pool.Rpc;

public sealed class EventTests
{
    [Fact]
    public async Task An_empty_token_gives_every_object_as_added()
    {
        await using var bench = new RpcBench();
        RpcValue answer = await bench.EventsAsync("", 0, "*");
        RpcValue[] events = [.. Events(answer)];
        Assert.All(events, one => Assert.Equal("add", Text(one, "operation")));
        Assert.DoesNotContain(events, one => Text(one, "class") == "session");
        foreach (IGrouping<string, RpcValue> group in events.GroupBy(one => Text(one, "class")))
        {
            Assert.Equal(group.Count(), Count(answer, group.Key));
        }
    }

    [Fact]
    public async Task Counts_hold_every_class_whatever_was_asked_for()
    {
        await using var bench = new RpcBench();
        RpcValue answer = await bench.EventsAsync("", 0, "pool");
        Assert.Equal(bench.State.All<VdiObject>().Count, Count(answer, "vdi"));
        Assert.Equal(0, Count(answer, "task"));
        Assert.Null(answer.Member("valid_ref_counts")!.Member("message"));
    }

    [Fact]
    public async Task A_token_is_two_numbers_of_twenty_digits()
    {
        await using var bench = new RpcBench();
        string token = Text(await bench.EventsAsync("", 0, "pool"), "token");
        Assert.Matches("^[0-9]{20},[0-9]{20}$", token);
    }

    [Fact]
    public async Task A_change_gives_the_whole_record_once()
    {
        await using var bench = new RpcBench();
        string token = Text(await bench.EventsAsync("", 0, "vdi"), "token");
        VdiObject vdi = bench.Vdi("orphan");
        await bench.CallAsync("VDI.set_name_label", vdi.Ref, "found");
        await bench.CallAsync("VDI.add_tags", vdi.Ref, "tag");
        RpcValue answer = await bench.EventsAsync(token, 0, "VDI");
        RpcValue one = Assert.Single(Events(answer));
        Assert.Equal(
            ["id", "timestamp", "class", "operation", "ref", "snapshot"], one.Members.Select(member => member.Key));
        Assert.Equal(
            ["0.0", "vdi", "mod", vdi.Ref],
            new[] { "timestamp", "class", "operation", "ref" }.Select(name => Text(one, name)));
        Assert.Equal("found", Text(one.Member("snapshot")!, "name_label"));
        Assert.Empty(Events(await bench.EventsAsync(Text(answer, "token"), 0, "vdi")));
    }

    [Fact]
    public async Task A_deletion_has_no_record()
    {
        await using var bench = new RpcBench();
        string token = Text(await bench.EventsAsync("", 0, "vdi"), "token");
        VdiObject vdi = bench.Vdi("orphan");
        await bench.CallAsync("VDI.destroy", vdi.Ref);
        RpcValue one = Assert.Single(Events(await bench.EventsAsync(token, 0, "vdi")));
        Assert.Equal(("del", vdi.Ref), (Text(one, "operation"), Text(one, "ref")));
        Assert.Null(one.Member("snapshot"));
    }

    [Fact]
    public async Task What_came_and_went_between_two_calls_leaves_no_event()
    {
        await using var bench = new RpcBench();
        string token = Text(await bench.EventsAsync("", 0, "task"), "token");
        RpcValue task = await bench.CallAsync("task.create", "short", "");
        await bench.CallAsync("task.set_status", task.Text, "success");
        await bench.CallAsync("task.destroy", task.Text);
        Assert.Empty(Events(await bench.EventsAsync(token, 0, "task")));
    }

    [Fact]
    public async Task A_subscription_to_one_object_hears_of_that_one_only()
    {
        await using var bench = new RpcBench();
        string token = Text(await bench.EventsAsync("", 0, "vdi"), "token");
        VdiObject vdi = bench.Vdi("orphan");
        await bench.CallAsync("VDI.add_tags", bench.Vdi("tracked").Ref, "tag");
        await bench.CallAsync("VDI.add_tags", vdi.Ref, "tag");
        RpcValue one = Assert.Single(Events(await bench.EventsAsync(token, 0, "vdi/" + vdi.Ref)));
        Assert.Equal(vdi.Ref, Text(one, "ref"));
    }

    [Fact]
    public async Task A_call_waits_for_a_change_and_fifty_milliseconds_more()
    {
        await using var bench = new RpcBench();
        string token = Text(await bench.EventsAsync("", 0, "vdi"), "token");
        Task<RpcValue> waiting = bench.EventsAsync(token, 60, "vdi");
        Assert.False(waiting.IsCompleted);
        await bench.CallAsync("VDI.add_tags", bench.Vdi("orphan").Ref, "tag");
        await bench.CallAsync("VDI.add_tags", bench.Vdi("tracked").Ref, "tag");
        while (!waiting.IsCompleted)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
            bench.Clock.Advance(TimeSpan.FromMilliseconds(50));
        }

        Assert.Equal(2, Events(await waiting).Count);
    }

    [Fact]
    public async Task A_call_without_a_change_ends_empty_at_its_timeout()
    {
        await using var bench = new RpcBench();
        string token = Text(await bench.EventsAsync("", 0, "vdi"), "token");
        Task<RpcValue> waiting = bench.EventsAsync(token, 30, "vdi");
        bench.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.False(waiting.IsCompleted);
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(Events(await waiting));
    }

    [Fact]
    public async Task The_end_of_the_session_wakes_a_waiting_call()
    {
        await using var bench = new RpcBench();
        string token = Text(await bench.EventsAsync("", 0, "vdi"), "token");
        Task<RpcValue> waiting = bench.EventsAsync(token, 60, "vdi");
        bench.Actions.LoseSessions();
        Assert.Equal(["SESSION_INVALID", bench.Session], await RpcBench.ErrorAsync(waiting));
    }

    [Fact]
    public async Task Inject_gives_a_token_just_before_its_event()
    {
        await using var bench = new RpcBench();
        RpcValue token = await bench.CallAsync("event.inject", "pool", bench.State.Pool.Ref);
        RpcValue one = Assert.Single(Events(await bench.EventsAsync(token.Text, 0, "pool")));
        Assert.Equal(("mod", bench.State.Pool.Ref), (Text(one, "operation"), Text(one, "ref")));
    }

    [Fact]
    public async Task Attaching_a_disk_to_dom0_shows_at_the_disk_and_at_its_vbd()
    {
        await using var bench = new RpcBench();
        string token = Text(await bench.EventsAsync("", 0, "vdi"), "token");
        VdiObject vdi = bench.Vdi("raw volume");
        VbdObject vbd = await bench.State.AttachToDom0Async(
            bench.State.Hosts[1], vdi.Uuid, bench.Session, TestContext.Current.CancellationToken);
        RpcValue[] events = [.. Events(await bench.EventsAsync(token, 0, "vdi", "vbd"))];
        RpcValue disk = Assert.Single(events, one => Text(one, "class") == "vdi").Member("snapshot")!;
        Assert.Equal([vbd.Ref], disk.Member("VBDs")!.Items.Select(item => item.Text));
        Assert.Equal("RO", Text(disk.Member("sm_config")!, "host_" + bench.State.Hosts[1].Ref));
        RpcValue record = Assert.Single(events, one => Text(one, "class") == "vbd").Member("snapshot")!;
        Assert.Equal($"sm/backend/{vdi.Sr.Uuid}/{vdi.Uuid}", Text(record, "device"));
        Assert.True(record.Member("currently_attached")!.Bool);
        bench.State.DetachFromDom0(vbd);
        Assert.Empty(vdi.Vbds);
        Assert.DoesNotContain(vdi.SmConfig, entry => entry.Key.StartsWith("host_", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("1")]
    [InlineData("1,x")]
    public async Task A_token_that_is_none_is_refused(string token)
    {
        await using var bench = new RpcBench();
        Assert.Equal(
            ["EVENT_FROM_TOKEN_PARSE_FAILURE", token], await RpcBench.ErrorAsync(bench.EventsAsync(token, 0, "vdi")));
    }

    [Fact]
    public async Task A_subscription_with_two_slashes_is_refused()
    {
        await using var bench = new RpcBench();
        Assert.Equal(
            ["EVENT_SUBSCRIPTION_PARSE_FAILURE", "a/b/c"],
            await RpcBench.ErrorAsync(bench.EventsAsync("", 0, "a/b/c")));
    }

    [Fact]
    public async Task After_more_deletions_than_are_remembered_only_the_count_tells()
    {
        await using var bench = new RpcBench();
        string[] tasks = new string[600];
        for (int i = 0; i < tasks.Length; i++)
        {
            tasks[i] = (await bench.CallAsync("task.create", "one of many", "")).Text;
        }

        string token = Text(await bench.EventsAsync("", 0, "task"), "token");
        bench.State.Mutate(() => Array.ForEach(tasks, task => bench.State.Remove(bench.State.Get<TaskObject>(task))));
        RpcValue answer = await bench.EventsAsync(token, 0, "task");
        Assert.InRange(Events(answer).Count, 1, 512);
        Assert.Equal(0, Count(answer, "task"));
    }

    private static IReadOnlyList<RpcValue> Events(RpcValue answer) => answer.Member("events")!.Items;

    private static string Text(RpcValue record, string name) => record.Member(name)!.Text;

    private static long Count(RpcValue answer, string name) => answer.Member("valid_ref_counts")!.Member(name)!.Int;
}
