using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>
/// Servers that somebody has named once for all. Which of them is asked first is a matter of chance, so that the disks
/// of a mount spread over them.
/// </summary>
internal sealed class FixedServers : IServerDirectory
{
    private readonly Task<IReadOnlyList<DiskServer>> _servers;

    /// <param name="servers">Their addresses.</param>
    /// <param name="client">How each is connected to.</param>
    /// <param name="random">Chooses their order.</param>
    public FixedServers(IReadOnlyList<NbdUri> servers, NbdClientOptions client, Random random)
    {
        DiskServer[] found = [.. servers.Select(server => new DiskServer(server.ToString(), server, client))];
        random.Shuffle(found);
        _servers = Task.FromResult<IReadOnlyList<DiskServer>>(found);
    }

    public Task<IReadOnlyList<DiskServer>> FindAsync(CancellationToken cancellationToken) => _servers;
}
