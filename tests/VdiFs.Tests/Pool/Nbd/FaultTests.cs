using VdiFs.Pool.Faults;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Pool.Harness;
using Xunit;

namespace VdiFs.Tests.Pool.Nbd;

/// <summary>Every failure that can be asked of xapi-nbd.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task A_silent_greeting_is_an_open_socket_until_xapi_answers()
    {
        ManualClock clock = new();
        await using PoolBench bench = new(time: clock);
        bench.Hosts[0].Faults.NbdSilent = true;
        await using PoolClient waiting = await bench.ConnectAsync();
        await PoolBench.UntilAsync(() => bench.Server.Connections == 1);
        Assert.False(waiting.HasMore);
        bench.Hosts[0].Faults.NbdSilent = false;
        await waiting.ExpectAsync(PoolClient.Greeting);
        bench.Hosts[0].Faults.NbdSilent = true;
        await using PoolClient givenUp = await bench.ConnectAsync();
        Task ended = givenUp.ExpectEndAsync();
        while (!ended.IsCompleted)
        {
            // The daemon counts from when it asked XAPI, which may be still to come.
            clock.Advance(TimeSpan.FromSeconds(301));
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        await ended;
    }

    [Fact]
    public async Task Without_a_coordinator_what_is_open_goes_on_and_what_is_new_waits()
    {
        await using PoolBench bench = new();
        await using PoolClient open = await bench.OpenAsync(host: 1);
        bench.Hosts[0].Faults.Dead = true;
        await using PoolClient waiting = await bench.ConnectAsync(host: 1);
        await open.SendReadAsync(1, 0, 512);
        await open.ExpectAsync(Wire.Simple(1, 0), await bench.DiskBytesAsync(0, 512));
        Assert.False(waiting.HasMore);
        bench.State.Mutate(() => bench.State.Pool.Master = bench.Hosts[1]);
        await waiting.ExpectAsync(PoolClient.Greeting);
    }

    [Theory]
    [InlineData(NbdHandshakeStep.BeforeGreeting)]
    [InlineData(NbdHandshakeStep.AfterGreeting)]
    [InlineData(NbdHandshakeStep.AfterClientFlags)]
    [InlineData(NbdHandshakeStep.AfterOption)]
    [InlineData(NbdHandshakeStep.AfterStartTls)]
    [InlineData(NbdHandshakeStep.InTls)]
    [InlineData(NbdHandshakeStep.AfterExportName)]
    [InlineData(NbdHandshakeStep.AfterAttach)]
    [InlineData(NbdHandshakeStep.WithinReply)]
    [InlineData(NbdHandshakeStep.AfterReply)]
    public async Task A_handshake_can_end_at_every_step_and_leaves_nothing(NbdHandshakeStep step)
    {
        await using PoolBench bench = new();
        bench.Hosts[0].Faults.NbdEofAt = step;
        await using PoolClient client = await bench.ConnectAsync();
        await WalkAsync(bench, client, step);
        await client.ExpectEndAsync();
        await PoolBench.UntilAsync(() => bench.Server.Connections == 0);
        Assert.Empty(bench.Dom0Vbds);
        bench.Hosts[0].Faults.NbdEofAt = null;
        await using PoolClient good = await bench.OpenAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(700)]
    [InlineData(1500)]
    public async Task A_connection_can_be_cut_after_any_number_of_payload_bytes(int bytes)
    {
        await using PoolBench bench = new();
        bench.Hosts[0].Faults.NbdCutAfterBytes = bytes;
        await using PoolClient client = await bench.OpenAsync();
        int sent = 0;
        for (ulong cookie = 1; sent + 1024 <= bytes; cookie++, sent += 1024)
        {
            await client.SendReadAsync(cookie, sent, 1024);
            await client.ExpectAsync(Wire.Simple(cookie, 0), await bench.DiskBytesAsync(sent, 1024));
        }

        await client.SendReadAsync(99, sent, 1024);
        await client.ExpectAsync(Wire.Simple(99, 0), await bench.DiskBytesAsync(sent, bytes - sent));
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task A_connection_can_be_cut_between_a_header_and_its_payload()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.OpenAsync();
        bench.Hosts[0].Faults.NbdCutAfterHeader = true;
        await client.SendReadAsync(1, 0, 512);
        await client.ExpectAsync(Wire.Simple(1, 0));
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task An_end_can_be_a_reset()
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.OpenAsync();
        (bench.Hosts[0].Faults.NbdResets, bench.Hosts[0].Faults.NbdCutAfterHeader) = (true, true);
        await client.SendReadAsync(1, 0, 512);
        await client.ExpectResetAsync();
    }

    [Fact]
    public async Task A_dead_host_resets_all_and_its_vbds_stay_until_it_is_back()
    {
        await using PoolBench bench = new();
        await using PoolClient open = await bench.OpenAsync(host: 1);
        bench.Hosts[1].Faults.Dead = true;
        await open.ExpectResetAsync();
        // The reset may come before connect has returned.
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await using PoolClient late = await bench.ConnectAsync(host: 1);
            await late.ReadAsync(1);
        });
        Assert.Single(bench.Dom0Vbds);
        bench.Hosts[1].Faults.Dead = false;
        await PoolBench.UntilAsync(() => bench.Dom0Vbds.Length == 0);
        await using PoolClient again = await bench.OpenAsync(host: 1);
    }

    [Fact]
    public async Task A_daemon_that_crashed_cleans_up_when_it_starts_again()
    {
        await using PoolBench bench = new();
        await using PoolClient open = await bench.OpenAsync();
        await bench.Server.RestartAsync();
        await open.ExpectResetAsync();
        Assert.Empty(bench.Dom0Vbds);
    }

    [Fact]
    public async Task A_clean_up_that_fails_leaves_the_vbd_for_ever()
    {
        await using PoolBench bench = new();
        bench.Hosts[0].Faults.NbdLeaksVbds = true;
        await using PoolClient client = await bench.OpenAsync();
        await client.LeaveAsync();
        await bench.Server.RestartAsync();
        Assert.True(Assert.Single(bench.Dom0Vbds).CurrentlyAttached);
    }

    [Fact]
    public async Task A_plug_that_fails_is_an_end_and_leaves_nothing()
    {
        await using PoolBench bench = new();
        bench.Hosts[0].Faults.PlugFails = true;
        await using PoolClient client = await bench.ConnectAsync();
        await client.HandshakeAsync(tls: true);
        await client.SendOptionAsync(1, bench.ExportName);
        await client.ExpectEndAsync();
        Assert.Empty(bench.Dom0Vbds);
    }

    [Fact]
    public async Task An_unplug_may_take_its_time_after_the_client_left()
    {
        ManualClock clock = new();
        await using PoolBench bench = new(time: clock);
        TimeSpan delay = TimeSpan.FromSeconds(3);
        bench.State.Faults.DetachDelay = delay;
        await using PoolClient client = await bench.OpenAsync();
        await client.SendAsync(PoolClient.Request(2, 0, 0, 0));
        await clock.WaitedForAsync(delay);
        Assert.Single(bench.Dom0Vbds);
        clock.Advance(delay);
        await client.ExpectEndAsync();
        Assert.Empty(bench.Dom0Vbds);
    }

    [Fact]
    public async Task A_connection_can_be_full_for_others_alone()
    {
        await using PoolBench bench = new();
        bench.Hosts[0].Faults.NbdConnectionLimit = 0;
        await using PoolClient refused = await bench.ConnectAsync();
        await refused.ExpectEndAsync();
        bench.Hosts[0].Faults.NbdConnectionLimit = 1;
        await using PoolClient served = await bench.OpenAsync();
    }

    [Fact]
    public async Task A_slow_connection_sends_no_more_than_its_rate()
    {
        ManualClock clock = new();
        await using PoolBench bench = new(time: clock);
        bench.Hosts[0].Faults.NbdBytesPerSecond = 1024;
        await using PoolClient client = await bench.OpenAsync();
        await client.SendReadAsync(1, 0, 4096);
        await client.ExpectAsync(Wire.Simple(1, 0));
        await clock.WaitedForAsync(TimeSpan.FromSeconds(4));
        Assert.False(client.HasMore);
        clock.Advance(TimeSpan.FromSeconds(4));
        await client.ExpectAsync(await bench.DiskBytesAsync(0, 4096));
    }

    [Theory]
    [InlineData("destroyed")]
    [InlineData("data_destroyed")]
    [InlineData("unplugged")]
    public async Task A_vdi_that_goes_under_an_open_connection_is_an_ok_header_and_an_end(string how)
    {
        await using PoolBench bench = new();
        await using PoolClient client = await bench.OpenAsync();
        bench.State.Mutate(() =>
        {
            switch (how)
            {
                case "destroyed":
                    bench.State.Remove(bench.Vdi);
                    break;
                case "data_destroyed":
                    bench.Vdi.Type = "cbt_metadata";
                    break;
                default:
                    bench.Dom0Vbds[0].CurrentlyAttached = false;
                    break;
            }
        });
        await client.SendReadAsync(1, 0, 512);
        await client.ExpectAsync(Wire.Simple(1, 0));
        await client.ExpectEndAsync();
    }

    [Fact]
    public async Task A_vdi_that_is_reverted_under_an_open_connection_has_its_old_bytes()
    {
        await using PoolBench bench = new();
        byte[] old = await bench.DiskBytesAsync(0, 512);
        VdiFs.Pool.Content.IVdiContent snapshot = bench.Disk.Snapshot();
        bench.Disk.Write(0, [1, 2, 3, 4]);
        await using PoolClient client = await bench.OpenAsync();
        bench.Disk.RevertTo(snapshot);
        await client.SendReadAsync(1, 0, 512);
        await client.ExpectAsync(Wire.Simple(1, 0), old);
    }

    /// <summary>Goes through the handshake as far as the server does.</summary>
    private static async Task WalkAsync(PoolBench bench, PoolClient client, NbdHandshakeStep last)
    {
        if (last == NbdHandshakeStep.BeforeGreeting)
        {
            return;
        }

        await client.ExpectAsync(PoolClient.Greeting);
        if (last == NbdHandshakeStep.AfterGreeting)
        {
            return;
        }

        await client.SendAsync(Wire.U32(1));
        if (last == NbdHandshakeStep.AfterClientFlags)
        {
            return;
        }

        if (last == NbdHandshakeStep.AfterOption)
        {
            await client.SendOptionAsync(3, "");
            return;
        }

        if (last == NbdHandshakeStep.AfterStartTls)
        {
            await client.SendOptionAsync(5, "");
            await client.ExpectAsync(Wire.OptionReply(5, 1));
            return;
        }

        await client.StartTlsAsync();
        if (last == NbdHandshakeStep.InTls)
        {
            return;
        }

        await client.SendOptionAsync(1, bench.ExportName);
        byte[] reply = PoolClient.ExportReply(PoolBench.DiskBytes);
        int count = last switch
        {
            NbdHandshakeStep.WithinReply => 67,
            NbdHandshakeStep.AfterReply => 134,
            _ => 0,
        };
        await client.ExpectAsync(reply[..count]);
    }
}
