using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;

namespace VdiFs.Tests.Nbd.Faults.Lies;

/// <summary>What the client asks a server that lies.</summary>
internal static class Questions
{
    /// <summary>Opens the export.</summary>
    public static async Task ConnectAsync(ScriptedNbdServer server)
    {
        await using NbdClient client = await server.ConnectAsync();
    }

    /// <summary>Lists the exports.</summary>
    public static Task ListAsync(ScriptedNbdServer server) => NbdServer
        .ListAsync(server.Uri(), new NbdClientOptions(), NullLogger.Instance, CancellationToken.None)
        .WaitAsync(ScriptedNbdServer.Bound);

    /// <summary>Reads 512 bytes at 4096.</summary>
    public static async Task ReadAsync(ScriptedNbdServer server)
    {
        await using NbdClient client = await server.ConnectAsync();
        await client.ReadAsync(4096, 512);
    }

    /// <summary>Reads 64 KiB from the start.</summary>
    public static async Task ReadMuchAsync(ScriptedNbdServer server)
    {
        await using NbdClient client = await server.ConnectAsync();
        await client.ReadAsync(0, 65_536);
    }

    /// <summary>Reads twice at once, and tells how the second one fared.</summary>
    public static async Task ReadTwiceAsync(ScriptedNbdServer server)
    {
        await using NbdClient client = await server.ConnectAsync();
        Task<byte[]> first = client.ReadAsync(4096, 512);
        Task<byte[]> second = client.ReadAsync(8192, 512);
        await ((Task)first).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await second;
    }

    /// <summary>Asks for the status of 1024 bytes.</summary>
    public static async Task AskStatusAsync(ScriptedNbdServer server)
    {
        await using NbdClient client = await server.ConnectAsync();
        await client.GetBlockStatusAsync(0, 1024, CancellationToken.None).WaitAsync(ScriptedNbdServer.Bound);
    }

    /// <summary>Asks for the status of everything.</summary>
    public static async Task AskWholeStatusAsync(ScriptedNbdServer server)
    {
        await using NbdClient client = await server.ConnectAsync();
        await client.GetBlockStatusAsync(0, client.Export.Length, CancellationToken.None)
            .WaitAsync(ScriptedNbdServer.Bound);
    }

    /// <summary>Reads until it fails, over two connections.</summary>
    public static async Task ReadOverTwoAsync(ScriptedNbdServer server)
    {
        await using NbdClient client = await server.ConnectAsync(
            options: new NbdClientOptions { Connections = 2 });
        while (true)
        {
            await client.ReadAsync(4096, 512);
        }
    }
}
