using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Transmission;

/// <summary>A good session, cut after every byte that the server sends: an error each time, never bytes, never a hang.</summary>
public sealed class TruncationTests
{
    private static readonly Dictionary<string, Func<ServerPeer, Task>> Sessions = new()
    {
        ["structured"] = async peer =>
        {
            await peer.EnterStructuredAsync(4096, 3, (512, 4096, 65_536));
            ScriptedRequest read = await peer.ReceiveRequestAsync();
            await peer.SendAsync(
                Wire.Data(read.Cookie, 0, read.Disk[..40]),
                Wire.Hole(read.Cookie, 40, 400),
                Wire.Data(read.Cookie, 440, read.Disk[440..]),
                Wire.None(read.Cookie));
            ScriptedRequest status = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Status(status.Cookie, 7, (2048, 3), (2048, 0)));
        },
        ["simple"] = async peer =>
        {
            await peer.EnterSimpleAsync(4096);
            ScriptedRequest read = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Simple(read.Cookie, 0, read.Disk));
        },
        ["export name"] = async peer =>
        {
            await peer.GreetAsync(0);
            await peer.ExpectOptionAsync(1);
            await peer.SendAsync(Wire.U64(4096), Wire.U16(3), new byte[124]);
            ScriptedRequest read = await peer.ReceiveRequestAsync();
            await peer.SendAsync(Wire.Simple(read.Cookie, 0, read.Disk));
        },
    };

    [Theory]
    [InlineData("structured", false)]
    [InlineData("structured", true)]
    [InlineData("simple", false)]
    [InlineData("simple", true)]
    [InlineData("export name", false)]
    [InlineData("export name", true)]
    public async Task A_session_cut_at_any_byte_ends_in_an_error(string session, bool byReset)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.StartTcp(Sessions[session]);
        Assert.Null(await UseAsync(server));
        while (server.LongestSent == 0)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        long whole = server.LongestSent;
        server.CutByReset = byReset;
        for (long cut = 1; cut < whole; cut++)
        {
            server.CutAfter = cut;
            Exception? outcome = await UseAsync(server);
            Assert.True(outcome is NbdException, $"cut after {cut} of {whole} bytes: {outcome?.ToString() ?? "success"}");
        }
    }

    private static async Task<Exception?> UseAsync(ScriptedNbdServer server)
    {
        try
        {
            await using NbdClient client = await server.ConnectAsync();
            byte[] expected = Wire.Disk(0, 512);
            if (client.Export.HasBaseAllocation)
            {
                expected.AsSpan(40, 400).Clear();
            }

            Assert.Equal(expected, await client.ReadAsync(0, 512));
            if (client.Export.HasBaseAllocation)
            {
                Assert.Equal(2, (await client.GetBlockStatusAsync(0, 4096, CancellationToken.None)
                    .WaitAsync(ScriptedNbdServer.Bound, TestContext.Current.CancellationToken)).Count);
            }

            return null;
        }
        catch (NbdException failure)
        {
            return failure;
        }
    }
}
