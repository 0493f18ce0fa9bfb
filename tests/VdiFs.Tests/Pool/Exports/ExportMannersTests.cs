using VdiFs.Pool.Content;
using VdiFs.Pool.State;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Pool.Harness;
using Xunit;

namespace VdiFs.Tests.Pool.Exports;

/// <summary>Who gets an export, how it begins, and how it goes wrong.</summary>
public sealed class ExportMannersTests
{
    private const string Failure = "HTTP/1.1 500 Internal Error\r\n";

    [Theory]
    [InlineData("raw", "application/octet-stream")]
    [InlineData("vhd", "application/vhd")]
    [InlineData("qcow2", "application/x-qemu-disk")]
    public async Task A_reply_has_no_length_and_its_end_is_the_end(string format, string type)
    {
        await using PoolBench bench = new();
        TaskObject task = ExportBench.NewTask(bench);
        ExportReply reply = await ExportBench.ExportAsync(bench, bench.Vdi, format, task: task);
        Assert.Equal("HTTP/1.1 200 OK", reply.StatusLine);
        Assert.Equal(type, reply.Field("content-type"));
        Assert.Equal("close", reply.Field("connection"));
        Assert.Equal("no-cache, no-store", reply.Field("cache-control"));
        Assert.Equal(task.Ref, reply.Field("task-id"));
        Assert.Equal($"attachment; filename=\"{bench.Vdi.Uuid}.{format}\"", reply.Field("content-disposition"));
        Assert.Null(reply.Field("content-length"));
        Assert.Null(reply.Field("transfer-encoding"));
        Assert.Equal(("success", 1.0, ""), (task.Status, task.Progress, task.Result));
        Assert.NotEqual(DateTimeOffset.UnixEpoch, task.Finished);
        Assert.Empty(bench.Dom0Vbds);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("OpaqueRef:0")]
    public async Task Without_a_session_it_is_401(string? session)
    {
        await using PoolBench bench = new();
        Dictionary<string, string> parameters = ExportBench.Parameters(bench, bench.Vdi.Uuid, "vhd");
        parameters.Remove("session_id");
        if (session is not null)
        {
            parameters["session_id"] = session;
        }

        ExportReply reply = await SendAsync(bench, parameters);
        Assert.StartsWith("HTTP/1.1 401", reply.StatusLine, StringComparison.Ordinal);
        Assert.StartsWith("Basic", reply.Field("www-authenticate"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_vdi_is_500_with_a_page()
    {
        await using PoolBench bench = new();
        ExportReply reply = await SendAsync(bench, ExportBench.Parameters(bench, "nothing", "vhd"));
        Assert.StartsWith("HTTP/1.1 500", reply.StatusLine, StringComparison.Ordinal);
        Assert.Equal("text/html", reply.Field("content-type"));
        Assert.Contains("UUID_INVALID VDI nothing", reply.BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_format_is_404_and_fails_the_task()
    {
        await using PoolBench bench = new();
        TaskObject task = ExportBench.NewTask(bench);
        ExportReply reply = await ExportBench.ExportAsync(bench, bench.Vdi, "vmdk", task: task);
        Assert.StartsWith("HTTP/1.1 404", reply.StatusLine, StringComparison.Ordinal);
        Assert.Equal(("failure", "INTERNAL_ERROR"), (task.Status, task.ErrorInfo[0]));
    }

    [Fact]
    public async Task A_vdi_is_named_by_reference_too()
    {
        await using PoolBench bench = new();
        ExportReply reply = await SendAsync(bench, ExportBench.Parameters(bench, bench.Vdi.Ref, null));
        Assert.Equal(await bench.DiskBytesAsync(0, (int)PoolBench.DiskBytes), reply.Body);
    }

    [Fact]
    public async Task A_host_that_does_not_see_the_sr_sends_the_client_to_one_that_does()
    {
        await using PoolBench bench = new();
        bench.State.Mutate(() => bench.State.All<PbdObject>().Single(pbd => pbd.Host == bench.Hosts[0])
            .CurrentlyAttached = false);
        ExportReply reply = await ExportBench.ExportAsync(bench, bench.Vdi, "vhd");
        Assert.StartsWith("HTTP/1.1 302", reply.StatusLine, StringComparison.Ordinal);
        Assert.Equal(
            $"https://127.0.0.1/export_raw_vdi?vdi={bench.Vdi.Uuid}"
            + $"&session_id={Uri.EscapeDataString(bench.Session)}&format=vhd",
            reply.Field("location"));
        Assert.Equal("HTTP/1.1 200 OK", (await ExportBench.ExportAsync(bench, bench.Vdi, "vhd", host: 1)).StatusLine);
    }

    [Fact]
    public async Task The_200_comes_before_anything_is_attached()
    {
        ManualClock clock = new();
        await using PoolBench bench = new(time: clock);
        TimeSpan delay = TimeSpan.FromMinutes(1);
        bench.Hosts[0].Faults.PlugDelay = delay;
        using MemoryStream stream = new();
        Task export = ExportBench.SendAsync(bench, stream, ExportBench.Parameters(bench, bench.Vdi.Uuid, "raw"));
        await clock.WaitedForAsync(delay);
        ExportReply early = ExportReply.Parse(stream.ToArray());
        Assert.Equal("HTTP/1.1 200 OK", early.StatusLine);
        Assert.Empty(early.Body);
        Assert.False(Assert.Single(bench.Dom0Vbds).CurrentlyAttached);
        clock.Advance(delay);
        await export;
        Assert.Equal(PoolBench.DiskBytes, ExportReply.Parse(stream.ToArray()).Body.Length);
    }

    [Fact]
    public async Task An_attach_that_fails_is_a_second_reply_in_the_body_and_in_the_task()
    {
        await using PoolBench bench = new();
        bench.Hosts[0].Faults.PlugFails = true;
        TaskObject task = ExportBench.NewTask(bench);
        ExportReply reply = await ExportBench.ExportAsync(bench, bench.Vdi, "vhd", task: task);
        Assert.Equal("HTTP/1.1 200 OK", reply.StatusLine);
        Assert.StartsWith(Failure, reply.BodyText, StringComparison.Ordinal);
        Assert.Equal(("failure", "SR_BACKEND_FAILURE_46"), (task.Status, task.ErrorInfo[0]));
        Assert.Empty(bench.Dom0Vbds);
    }

    [Fact]
    public async Task An_error_of_the_disk_is_a_second_reply_in_the_middle_of_the_body()
    {
        await using PoolBench bench = new();
        bench.Disk.BadRanges = [new ByteRange(3 << 20, 512)];
        TaskObject task = ExportBench.NewTask(bench);
        ExportReply reply = await ExportBench.ExportAsync(bench, bench.Vdi, "raw", task: task);
        Assert.Equal(await bench.DiskBytesAsync(0, 3 << 20), reply.Body[..(3 << 20)]);
        Assert.StartsWith(Failure, reply.BodyText[(3 << 20)..], StringComparison.Ordinal);
        Assert.Equal(("failure", "VDI_IO_ERROR"), (task.Status, task.ErrorInfo[0]));
        Assert.Empty(bench.Dom0Vbds);
    }

    [Fact]
    public async Task A_client_that_hangs_up_fails_the_task_and_the_vbd_stays_for_a_moment()
    {
        ManualClock clock = new();
        await using PoolBench bench = new(time: clock);
        TimeSpan delay = TimeSpan.FromSeconds(5);
        bench.State.Faults.DetachDelay = delay;
        TaskObject task = ExportBench.NewTask(bench);
        using HangingUpStream stream = new(100_000);
        Task export = ExportBench.SendAsync(
            bench, stream, ExportBench.Parameters(bench, bench.Vdi.Uuid, "vhd", task: task.Ref));
        await clock.WaitedForAsync(delay);
        Assert.True(Assert.Single(bench.Dom0Vbds).CurrentlyAttached);
        clock.Advance(delay);
        await export;
        Assert.Empty(bench.Dom0Vbds);
        Assert.Equal(("failure", "VDI_IO_ERROR"), (task.Status, task.ErrorInfo[0]));
    }

    [Fact]
    public async Task An_export_without_a_task_has_one_of_its_own_while_it_lasts()
    {
        await using PoolBench bench = new();
        ExportReply reply = await ExportBench.ExportAsync(bench, bench.Vdi, "raw");
        Assert.StartsWith("OpaqueRef:", reply.Field("task-id"), StringComparison.Ordinal);
        Assert.Empty(bench.State.All<TaskObject>());
    }

    [Fact]
    public async Task A_status_can_be_asked_for()
    {
        await using PoolBench bench = new();
        bench.State.Faults.ExportStatus = 503;
        ExportReply reply = await ExportBench.ExportAsync(bench, bench.Vdi, "vhd");
        Assert.StartsWith("HTTP/1.1 503", reply.StatusLine, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(2100)]
    public async Task A_failure_can_be_asked_for_anywhere(int at)
    {
        await using PoolBench bench = new();
        bench.State.Faults.ExportErrorAt = at;
        bench.State.Faults.ExportError = ["SR_BACKEND_FAILURE_78", "", "VDI Creation failed", ""];
        TaskObject task = ExportBench.NewTask(bench);
        ExportReply reply = await ExportBench.ExportAsync(bench, bench.Vdi, "vhd", task: task);
        Assert.StartsWith(Failure, reply.BodyText[at..], StringComparison.Ordinal);
        Assert.Equal(bench.State.Faults.ExportError, task.ErrorInfo);
    }

    [Fact]
    public async Task A_failure_without_a_place_comes_at_once_and_attaches_nothing()
    {
        await using PoolBench bench = new();
        bench.State.Faults.ExportError = ["INTERNAL_ERROR", "told"];
        long before = bench.State.Generation;
        TaskObject task = ExportBench.NewTask(bench);
        ExportReply reply = await ExportBench.ExportAsync(bench, bench.Vdi, "vhd", task: task);
        Assert.StartsWith(Failure, reply.BodyText, StringComparison.Ordinal);
        Assert.True(bench.Vdi.ModifiedAt < before);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3000)]
    public async Task An_export_can_end_early_without_a_word(int at)
    {
        await using PoolBench bench = new();
        bench.State.Faults.ExportTruncateAt = at;
        ExportReply reply = await ExportBench.ExportAsync(bench, bench.Vdi, "vhd");
        Assert.Equal(at, reply.Body.Length);
        Assert.Empty(bench.Dom0Vbds);
    }

    private static async Task<ExportReply> SendAsync(PoolBench bench, Dictionary<string, string> parameters)
    {
        using MemoryStream stream = new();
        await ExportBench.SendAsync(bench, stream, parameters);
        return ExportReply.Parse(stream.ToArray());
    }
}
