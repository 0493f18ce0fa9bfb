namespace VdiFs.Chaos.Scenarios;

/// <summary>Every scenario there is, in the order in which all of them run.</summary>
internal static class ScenarioList
{
    public static IReadOnlyList<IScenario> All { get; } =
    [
        // The longest of a quick run first, as that runs several at once.
        new CertificateReplaced(),
        new ForeignEndpoint(),
        new ServerGone(),
        new ServerKilled(),
        new ServerKilledAlternately(),
        new ServerFrozen(),
        new ServerSlow(),
        new ServerRefuses(),
        new ReadErrors(),
        new BadSectors(),
        new ServerShortened(),
        new ForeignDisk(),
        new ConnectionsReset(),
        new SocketsKilled(),
        new PacketsLost(),
        new Partition(oneWay: false),
        new Partition(oneWay: true),
        new RateFlips(),
        new ReadersKilled(),
        new DaemonStopped(),
        new DaemonKilled(),
        new MemoryLimited(),
    ];
}
