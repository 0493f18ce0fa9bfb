using VdiFs.Pool.Rpc;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Pool.Rpc;

public sealed class TaskTests
{
    [Fact]
    public async Task A_clients_task_tells_what_the_client_told()
    {
        await using var bench = new RpcBench();
        string task = await CreateAsync(bench);
        await bench.CallAsync("task.set_progress", RpcValue.Of(task), RpcValue.Of(0.5));
        await bench.CallAsync("task.set_error_info", RpcValue.Of(task), RpcValue.Of(["CODE", "parameter"]));
        await bench.CallAsync("task.set_status", task, "failure");
        RpcValue record = await bench.CallAsync("task.get_record", task);
        Assert.Equal(0.5, record.Member("progress")!.Float);
        Assert.Equal("failure", record.Member("status")!.Text);
        Assert.Equal(["CODE", "parameter"], record.Member("error_info")!.Items.Select(item => item.Text));
        Assert.Equal("19700101T00:00:00Z", record.Member("finished")!.Time);
    }

    [Fact]
    public async Task A_status_that_is_none_is_refused()
    {
        await using var bench = new RpcBench();
        string task = await CreateAsync(bench);
        Assert.Equal(
            ["INTERNAL_ERROR", "No value matches done"],
            await RpcBench.ErrorAsync(bench.CallAsync("task.set_status", task, "done")));
    }

    [Fact]
    public async Task Destroying_a_pending_task_only_marks_it()
    {
        await using var bench = new RpcBench();
        string task = await CreateAsync(bench);
        await bench.CallAsync("task.destroy", task);
        Assert.NotNull(bench.State.Find<TaskObject>(task));
        await bench.CallAsync("task.set_status", task, "success");
        Assert.Null(bench.State.Find<TaskObject>(task));
    }

    [Fact]
    public async Task Cancelling_shows_as_an_operation_and_ends_nothing()
    {
        await using var bench = new RpcBench();
        string task = await CreateAsync(bench);
        await bench.CallAsync("task.cancel", task);
        RpcValue record = await bench.CallAsync("task.get_record", task);
        Assert.Equal("cancel", Assert.Single(record.Member("current_operations")!.Members).Value.Text);
        Assert.Equal("pending", record.Member("status")!.Text);
    }

    [Fact]
    public async Task A_finished_task_of_a_client_goes_at_the_next_pass()
    {
        await using var bench = new RpcBench();
        bench.Clock.Advance(TimeSpan.FromDays(20_000));
        string pending = await CreateAsync(bench);
        string finished = await CreateAsync(bench);
        await bench.CallAsync("task.set_status", finished, "success");
        bench.Actions.Collector.Collect();
        Assert.Null(bench.State.Find<TaskObject>(finished));
        Assert.NotNull(bench.State.Find<TaskObject>(pending));
    }

    [Fact]
    public async Task A_pending_task_dies_after_a_day_without_progress()
    {
        await using var bench = new RpcBench();
        string still = await CreateAsync(bench);
        string moving = await CreateAsync(bench);
        bench.Clock.Advance(TimeSpan.FromHours(13));

        // The session stays in use, or it would be collected as well.
        await bench.CallAsync("pool.get_all");
        bench.Clock.Advance(TimeSpan.FromHours(12));
        bench.Actions.Collector.Collect();
        await bench.CallAsync("task.set_progress", RpcValue.Of(moving), RpcValue.Of(0.01));
        bench.Actions.Collector.Collect();
        Assert.Null(bench.State.Find<TaskObject>(still));
        Assert.NotNull(bench.State.Find<TaskObject>(moving));
    }

    [Fact]
    public async Task An_asynchronous_call_tells_its_result_as_xml_in_a_task()
    {
        await using var bench = new RpcBench();
        string reference = (await bench.CallAsync("Async.VDI.snapshot", bench.Vdi("orphan").Ref)).Text;
        TaskObject task = await EndedAsync(bench, reference);
        Assert.Equal("success", task.Status);
        VdiObject snapshot = bench.State.All<VdiObject>().Last(vdi => vdi.IsASnapshot);
        Assert.Equal($"<value>{snapshot.Ref}</value>", task.Result);
    }

    [Fact]
    public async Task An_asynchronous_call_that_fails_tells_why_in_its_task()
    {
        await using var bench = new RpcBench();
        string reference = (await bench.CallAsync("Async.VDI.destroy", "nothing")).Text;
        TaskObject task = await EndedAsync(bench, reference);
        Assert.Equal("failure", task.Status);
        Assert.Equal(["HANDLE_INVALID", "VDI", "nothing"], task.ErrorInfo);
    }

    private static async Task<string> CreateAsync(RpcBench bench) =>
        (await bench.CallAsync("task.create", "label", "description")).Text;

    private static async Task<TaskObject> EndedAsync(RpcBench bench, string reference)
    {
        TaskObject task = bench.State.Get<TaskObject>(reference);
        while (task.Status == "pending")
        {
            await bench.State.WaitForChangeAsync(task.ModifiedAt, TestContext.Current.CancellationToken);
        }

        return task;
    }
}
