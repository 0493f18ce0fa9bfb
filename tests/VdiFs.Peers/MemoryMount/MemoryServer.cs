using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Fuse;

namespace VdiFs.Peers.MemoryMount;

/// <summary>
/// A mount with one file that is in memory, by the product's own FUSE server: what a mount can reach that has
/// nothing to fetch and nothing to look up. In a process of its own, as the others are.
/// </summary>
internal static class MemoryServer
{
    /// <summary>The program's first argument; then mount point, image and how many bytes of it.</summary>
    public const string Command = "--serve-memory";

    /// <summary>Serves until SIGTERM.</summary>
    public static int Run(string[] arguments)
    {
        using var ended = new ManualResetEventSlim();
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            ended.Set();
        });
        long bytes = long.Parse(arguments[3], CultureInfo.InvariantCulture);
        var tree = new MemoryTree(MemoryFile.Load(arguments[2], bytes));
        FuseServer server = FuseServer.Mount(arguments[1], tree, new FuseMountOptions(), NullLogger.Instance);
        ended.Wait();
        server.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return 0;
    }
}
