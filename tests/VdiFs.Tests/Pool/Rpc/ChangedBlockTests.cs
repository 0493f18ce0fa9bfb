using VdiFs.Pool.Rpc;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Pool.Rpc;

public sealed class ChangedBlockTests
{
    private const int GranuleBytes = 64 * 1024;

    [Fact]
    public async Task A_write_shows_as_its_bit_most_significant_first()
    {
        await using var bench = new RpcBench();
        VdiObject vdi = await TrackedAsync(bench);
        string before = (await bench.CallAsync("VDI.snapshot", vdi.Ref)).Text;
        vdi.Content!.Write(9 * GranuleBytes, new byte[1]);
        string after = (await bench.CallAsync("VDI.snapshot", vdi.Ref)).Text;
        byte[] bitmap = Convert.FromBase64String(
            (await bench.CallAsync("VDI.list_changed_blocks", before, after)).Text);
        Assert.Equal(vdi.VirtualSizeBytes / GranuleBytes / 8, bitmap.Length);
        Assert.Equal([(1, (byte)0x40)], bitmap.Index().Where(one => one.Item != 0));
    }

    [Fact]
    public async Task The_newer_disk_must_not_be_attached()
    {
        await using var bench = new RpcBench();
        VdiObject vdi = await TrackedAsync(bench);
        string before = (await bench.CallAsync("VDI.snapshot", vdi.Ref)).Text;
        VbdObject vbd = await AttachAsync(bench, vdi);
        Assert.Equal(
            ["VDI_IN_USE", vdi.Ref, "list_changed_blocks"],
            await RpcBench.ErrorAsync(bench.CallAsync("VDI.list_changed_blocks", before, vdi.Ref)));
        bench.State.DetachFromDom0(vbd);
        await bench.CallAsync("VDI.list_changed_blocks", before, vdi.Ref);
    }

    [Fact]
    public async Task The_older_disk_comes_first_and_both_are_of_one_chain()
    {
        await using var bench = new RpcBench();
        VdiObject vdi = await TrackedAsync(bench);
        string before = (await bench.CallAsync("VDI.snapshot", vdi.Ref)).Text;
        string after = (await bench.CallAsync("VDI.snapshot", vdi.Ref)).Text;
        Assert.Equal(
            ["SR_BACKEND_FAILURE_460", "", Why("unrelated"), ""],
            await RpcBench.ErrorAsync(bench.CallAsync("VDI.list_changed_blocks", after, before)));
        Assert.Equal(
            ["SR_BACKEND_FAILURE_460", "", Why("the same"), ""],
            await RpcBench.ErrorAsync(bench.CallAsync("VDI.list_changed_blocks", before, before)));
        await bench.CallAsync("VDI.disable_cbt", vdi.Ref);
        await bench.CallAsync("VDI.enable_cbt", vdi.Ref);
        Assert.Equal(
            ["SR_BACKEND_FAILURE_460", "", Why("unrelated"), ""],
            await RpcBench.ErrorAsync(bench.CallAsync("VDI.list_changed_blocks", before, vdi.Ref)));
    }

    [Fact]
    public async Task Tracking_is_refused_where_it_cannot_be()
    {
        await using var bench = new RpcBench();
        string snapshot = (await bench.CallAsync("VDI.snapshot", bench.Vdi("orphan").Ref)).Text;
        Assert.Equal("OPERATION_NOT_ALLOWED", (await EnableAsync(snapshot))[0]);
        Assert.Equal("SR_BACKEND_FAILURE_66", (await EnableAsync(bench.Vdi("raw volume").Ref))[0]);
        Assert.Equal("VDI_INCOMPATIBLE_TYPE", (await EnableAsync(bench.Vdi("HA statefile").Ref))[0]);

        Task<IReadOnlyList<string>> EnableAsync(string vdi) =>
            RpcBench.ErrorAsync(bench.CallAsync("VDI.enable_cbt", vdi));
    }

    [Fact]
    public async Task Data_destroy_leaves_what_changed_and_no_data()
    {
        await using var bench = new RpcBench();
        VdiObject vdi = await TrackedAsync(bench);
        VdiObject before = bench.State.Get<VdiObject>((await bench.CallAsync("VDI.snapshot", vdi.Ref)).Text);
        vdi.Content!.Write(0, new byte[1]);
        await bench.CallAsync("VDI.data_destroy", before.Ref);
        Assert.Equal("cbt_metadata", before.Type);
        await bench.CallAsync("VDI.list_changed_blocks", before.Ref, vdi.Ref);
        XapiFailureException refused = await Assert.ThrowsAsync<XapiFailureException>(() =>
            AttachAsync(bench, before));
        Assert.Equal("VDI_INCOMPATIBLE_TYPE", refused.Code);
    }

    [Fact]
    public async Task Data_destroy_waits_four_seconds_for_an_attached_disk()
    {
        await using var bench = new RpcBench();
        VdiObject vdi = await TrackedAsync(bench);
        VdiObject snapshot = bench.State.Get<VdiObject>((await bench.CallAsync("VDI.snapshot", vdi.Ref)).Text);
        VbdObject vbd = await AttachAsync(bench, snapshot);
        Task<RpcValue> destroy = bench.CallAsync("VDI.data_destroy", snapshot.Ref);
        Assert.Equal("cbt_metadata", snapshot.Type);
        bench.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(["VDI_IN_USE", snapshot.Ref, "data_destroy"], await RpcBench.ErrorAsync(destroy));
        Assert.Equal("user", snapshot.Type);
        destroy = bench.CallAsync("VDI.data_destroy", snapshot.Ref);
        bench.State.DetachFromDom0(vbd);
        await destroy;
        Assert.Equal("cbt_metadata", snapshot.Type);
    }

    [Fact]
    public async Task Data_destroy_needs_a_tracked_snapshot()
    {
        await using var bench = new RpcBench();
        VdiObject vdi = bench.Vdi("orphan");
        string snapshot = (await bench.CallAsync("VDI.snapshot", vdi.Ref)).Text;
        Assert.Equal(
            "OPERATION_NOT_ALLOWED",
            (await RpcBench.ErrorAsync(bench.CallAsync("VDI.data_destroy", vdi.Ref)))[0]);
        Assert.Equal(
            ["VDI_NO_CBT_METADATA", snapshot],
            await RpcBench.ErrorAsync(bench.CallAsync("VDI.data_destroy", snapshot)));
    }

    private static string Why(string how) =>
        $"Failed to calculate changed blocks for given VDIs. [opterr=Source and target VDI are {how}]";

    private static async Task<VdiObject> TrackedAsync(RpcBench bench)
    {
        VdiObject vdi = bench.Vdi("orphan");
        await bench.CallAsync("VDI.enable_cbt", vdi.Ref);
        return vdi;
    }

    private static Task<VbdObject> AttachAsync(RpcBench bench, VdiObject vdi) => bench.State.AttachToDom0Async(
        bench.State.Hosts[2], vdi.Uuid, bench.Session, TestContext.Current.CancellationToken);
}
