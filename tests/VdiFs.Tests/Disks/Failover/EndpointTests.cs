using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks.Failover;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Failover;

public sealed class EndpointTests
{
    [Fact]
    public async Task A_server_that_drops_its_connections_before_any_read_is_left_alone_for_a_while()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await peer.EnterStructuredAsync();
            peer.Cut(byReset: false);
        });
        FailoverOptions failover =
            new() { BackoffFloor = TimeSpan.FromHours(1), BackoffCeiling = TimeSpan.FromHours(1) };
        NbdClientOptions client = new() { Connections = 1 };
        await using Endpoint endpoint = new(
            new DiskServer("server", server.Uri(), client),
            options => options,
            _ => false,
            new DiskActivity(TimeProvider.System),
            failover,
            NullLogger.Instance);
        await endpoint.ConnectAsync().WaitAsync(ScriptedNbdServer.Bound, TestContext.Current.CancellationToken);
        using CancellationTokenSource bound = new(ScriptedNbdServer.Bound);
        while (endpoint.Client is not null)
        {
            await Task.Delay(1, bound.Token);
        }

        Assert.True(endpoint.ReadyIn > TimeSpan.Zero);
        Assert.Equal((EndpointState.Waiting, 1), (endpoint.Describe().State, endpoint.Describe().FailuresInARow));
    }
}
