using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>Servers that somebody has named once for all.</summary>
internal sealed class FixedServers : IServerDirectory
{
    private readonly Task<IReadOnlyList<DiskServer>> _servers;

    /// <param name="servers">Their addresses.</param>
    /// <param name="client">How each is connected to.</param>
    public FixedServers(IReadOnlyList<NbdUri> servers, NbdClientOptions client)
    {
        _servers = Task.FromResult<IReadOnlyList<DiskServer>>(
            [.. servers.Select(server => new DiskServer(server.ToString(), server, client))]);
    }

    public Task<IReadOnlyList<DiskServer>> FindAsync(CancellationToken cancellationToken) => _servers;
}
