using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks.Failover;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;

namespace VdiFs.Tests.Disks.Failover;

/// <summary>Short words for disks that are connected by their first read.</summary>
internal static class LazyDisk
{
    // Nothing has to wait for the wall clock before the directory is asked again.
    public static readonly FailoverOptions Eager = new() { DirectoryInterval = TimeSpan.Zero };

    public static DiskServer Server(
        ScriptedNbdServer server, string exportName = "", NbdSecret? secret = null, int connections = 1) => new(
            server.UriText,
            server.Uri(exportName),
            new NbdClientOptions { Connections = connections, ExportNameSecret = secret });

    public static FailoverDisk Create(
        IServerDirectory directory,
        long length = FaithfulServer.Length,
        bool mayChange = false,
        FailoverOptions? options = null,
        ILogger? logger = null) => FailoverDisk.Create(
            directory,
            "a disk",
            new DiskExpectation(length, mayChange),
            options ?? Eager,
            logger ?? NullLogger.Instance);

    public static ScriptedDirectory Of(params ScriptedNbdServer[] servers)
    {
        DiskServer[] found = [.. servers.Select(server => Server(server))];
        return new ScriptedDirectory(() => found);
    }
}
