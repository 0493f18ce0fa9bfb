using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Tests.Nbd.Tls;
using Xunit;

namespace VdiFs.Tests.Nbd.Transmission;

public sealed class OddTransportTests
{
    [Fact]
    public async Task A_write_that_fails_by_any_exception_ends_the_connection_and_the_disposal_too()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer => await peer.EnterStructuredAsync());
        NbdClientOptions options = new() { Connections = 1, Transport = ConnectAsync };
        NbdClient client = await server.ConnectAsync(options: options);
        NbdException lost = await Assert.ThrowsAsync<NbdException>(() => client
            .ReadAsync(0, [new byte[512]], TestContext.Current.CancellationToken).AsTask()
            .WaitAsync(ScriptedNbdServer.Bound, TestContext.Current.CancellationToken));
        Assert.Equal(NbdErrorKind.ConnectionLost, lost.Kind);
        await client.DisposeAsync().AsTask().WaitAsync(ScriptedNbdServer.Bound, TestContext.Current.CancellationToken);
    }

    private static async Task<Stream> ConnectAsync(NbdUri uri, CancellationToken cancellationToken)
    {
        Stream stream = await AsynchronousSocket.ConnectAsync(uri, cancellationToken);
        return new HookedStream(stream, async bytes =>
        {
            if (bytes.Span.StartsWith(Wire.Hex("25609513")))
            {
                throw new InvalidOperationException("what no socket throws");
            }

            await stream.WriteAsync(bytes, cancellationToken);
        });
    }
}
