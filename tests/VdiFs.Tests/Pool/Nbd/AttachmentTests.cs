using VdiFs.Pool.Content;
using VdiFs.Pool.State;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Pool.Harness;
using Xunit;

namespace VdiFs.Tests.Pool.Nbd;

/// <summary>What a connection does to the pool: a VBD of dom0, or nothing but an end.</summary>
public sealed class AttachmentTests
{
    [Fact]
    public async Task A_connection_has_a_plugged_read_only_vbd_of_dom0_until_it_ends()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.OpenAsync();
        VbdObject vbd = Assert.Single(bench.Dom0Vbds);
        Assert.Equal((true, "RO", "Disk"), (vbd.CurrentlyAttached, vbd.Mode, vbd.Type));
        Assert.Equal($"sm/backend/{bench.Sr.Uuid}/{bench.Vdi.Uuid}", vbd.Device);
        Assert.Contains(vbd.Ref, bench.Vdi.Vbds);
        await client.LeaveAsync();
        Assert.Empty(bench.Dom0Vbds);
        Assert.Empty(bench.Vdi.Vbds);
    }

    [Fact]
    public async Task A_client_that_vanishes_leaves_no_vbd()
    {
        await using PoolBench bench = new();
        await (await bench.OpenAsync()).DisposeAsync();
        await PoolBench.UntilAsync(() => bench.Dom0Vbds.Length == 0);
    }

    [Fact]
    public async Task Two_connections_are_two_vbds()
    {
        await using PoolBench bench = new();
        await using PoolClient one = await bench.OpenAsync();
        await using PoolClient two = await bench.OpenAsync();
        await using PoolClient other = await bench.OpenAsync(host: 1);
        Assert.Equal(3, bench.Dom0Vbds.Length);
        Assert.Equal(3, bench.Vdi.Vbds.Count);
    }

    [Fact]
    public async Task Nothing_is_attached_before_the_export_name_and_nothing_said_before_the_plug()
    {
        ManualClock clock = new();
        await using PoolBench bench = new(time: clock);
        TimeSpan delay = TimeSpan.FromSeconds(90);
        bench.Hosts[0].Faults.PlugDelay = delay;
        await using PoolClient client = await bench.ConnectAsync();
        await client.HandshakeAsync(tls: true);
        Assert.Empty(bench.Dom0Vbds);
        await client.SendOptionAsync(1, bench.ExportName);
        await clock.WaitedForAsync(delay);
        Assert.False(Assert.Single(bench.Dom0Vbds).CurrentlyAttached);
        Assert.False(client.HasMore);
        clock.Advance(delay);
        await client.ExpectAsync(PoolClient.ExportReply(PoolBench.DiskBytes));
        Assert.True(Assert.Single(bench.Dom0Vbds).CurrentlyAttached);
    }

    [Theory]
    [InlineData("{uuid}?session_id={session}", false)]
    [InlineData("/{uuid}?session_id={session}", true)]
    [InlineData("/{escaped}?session_id={session}", true)]
    [InlineData("/{uuid}?x=1&session_id={session}", true)]
    [InlineData("/{uuid}", false)]
    [InlineData("/{uuid}?session_id=OpaqueRef:0", false)]
    [InlineData("/00000000-0000-4000-8000-000000000000?session_id={session}", false)]
    [InlineData("", false)]
    public async Task An_export_name_is_a_path_and_a_session(string form, bool isGood)
    {
        await using PoolBench bench = new();
        string uuid = bench.Vdi.Uuid;
        string name = form.Replace("{uuid}", uuid, StringComparison.Ordinal)
            .Replace("{escaped}", $"%{(int)uuid[0]:x2}{uuid[1..]}", StringComparison.Ordinal)
            .Replace("{session}", bench.Session, StringComparison.Ordinal);
        await ExpectAsync(bench, name, isGood);
    }

    [Theory]
    [InlineData("user", true)]
    [InlineData("system", true)]
    [InlineData("suspend", true)]
    [InlineData("cbt_metadata", false)]
    [InlineData("ha_statefile", false)]
    [InlineData("redo_log", false)]
    public async Task Some_types_of_vdi_cannot_be_attached(string type, bool isGood)
    {
        await using PoolBench bench = new();
        VdiContent content = new(PoolBench.DiskBytes, VdiImage.Vhd, EmptySource.Instance);
        await ExpectAsync(bench, bench.NameOf(bench.AddVdi(content, type)), isGood);
    }

    [Fact]
    public async Task A_base_copy_cannot_be_attached()
    {
        await using PoolBench bench = new();
        bench.State.Mutate(() => bench.Vdi.Managed = false);
        await ExpectAsync(bench, bench.ExportName, isGood: false);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task A_disk_of_a_running_vm_is_served_by_its_own_host_alone(int host, bool isGood)
    {
        await using PoolBench bench = new();
        bench.RunVm(bench.Vdi, bench.Hosts[0]);
        await ExpectAsync(bench, bench.ExportName, isGood, host);
    }

    [Fact]
    public async Task A_session_is_looked_at_only_at_the_start()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.OpenAsync();
        bench.State.Sessions.CloseAll();
        await client.SendReadAsync(1, 4096, 512);
        await client.ExpectAsync(Wire.Simple(1, 0), await bench.DiskBytesAsync(4096, 512));
        await ExpectAsync(bench, bench.ExportName, isGood: false);
        await client.LeaveAsync();
        Assert.Empty(bench.Dom0Vbds);
    }

    [Fact]
    public async Task An_open_connection_bars_nobody_from_writing_and_shows_what_was_written()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.OpenAsync();
        bench.Disk.Write(512, [1, 2, 3]);
        await client.SendReadAsync(1, 512, 512);
        await client.ExpectAsync(Wire.Simple(1, 0), [1, 2, 3], await bench.DiskBytesAsync(515, 509));
    }

    private static async Task ExpectAsync(PoolBench bench, string name, bool isGood, int host = 0)
    {
        int before = bench.Dom0Vbds.Length;
        await using PoolClient client = await bench.ConnectAsync(host);
        await client.HandshakeAsync(tls: true);
        await client.SendOptionAsync(1, name);
        if (isGood)
        {
            await client.ExpectAsync(PoolClient.ExportReply(PoolBench.DiskBytes));
            return;
        }

        await client.ExpectEndAsync();
        Assert.Equal(before, bench.Dom0Vbds.Length);
    }
}
