namespace VdiFs.Reliability;

/// <summary>Every proof there is.</summary>
internal static class ProofCatalog
{
    private const string Hermetic = "tests/VdiFs.Tests/bin/Release/net10.0/VdiFs.Tests -class ";

    public static IReadOnlyList<Proof> All { get; } =
    [
        new(
            "cut-at-every-byte",
            "a session cut at each of its bytes, both ways, plain and under TLS",
            Hermetic + "'VdiFs.Tests.*.Faults.Cut*'"),
        new(
            "lies",
            "a server that lies in its handshake, replies and block status",
            Hermetic + "'VdiFs.Tests.Nbd.Faults.Lies.*'"),
        new(
            "slow",
            "answers late, out of order, byte by byte or from half of the connections",
            Hermetic + "VdiFs.Tests.Disks.Faults.SlowServerTests"),
        new("fuzz", "mutated handshakes, replies, block status and URIs", "scripts/fuzz.sh"),
        new("simulation", "the client under simulated network, clock and chance", "scripts/simulate.sh"),
        Chaos("server-killed", "kill -9 of the only server, started again"),
        Chaos("server-killed-two", "two servers of which one is always dead"),
        Chaos("server-frozen", "SIGSTOP of the only server for up to 120 s"),
        Chaos("delay", "latency up to 500 ms over 1, 4 and 16 connections, with restarts"),
        Chaos("refusals", "connections refused, a server that drains"),
        Chaos("read-errors", "1, 10, 50 and 100 % of the server's reads failing for seconds"),
        Chaos("bad-sectors", "sectors that always fail, rescued by ddrescue"),
        Chaos("server-gone", "no server within the read deadline, then one again"),
        Chaos("truncated", "a server restarted with a shorter disk"),
        Chaos("foreign-disk", "a server restarted with another disk of the same size"),
        Chaos("foreign-endpoint", "a second endpoint that serves another disk"),
        Chaos("reset", "random TCP resets for 0.5 % of the packets"),
        Chaos("sockets-killed", "ss -K of every connection each second"),
        Chaos("loss", "0.1, 1 and 5 % of the packets lost"),
        Chaos("partition", "the network cut for up to 300 s"),
        Chaos("partition-one-way", "answers lost for up to 300 s"),
        Chaos("rate", "a link that flips between 1 Mbit/s and 10 Gbit/s"),
        Chaos("tls-certificate", "certificates replaced under way: by the same authority, by another one"),
        Chaos("readers-killed", "kill -9 of readers in mid-read, also with a frozen server"),
        Chaos("daemon-sigterm", "SIGTERM of the daemon under copies"),
        Chaos("daemon-killed", "kill -9 of the daemon under copies"),
        Chaos("memory", "64 readers of a daemon in a control group of 256 MiB"),
    ];

    private static Proof Chaos(string scenario, string what) =>
        new($"chaos-{scenario}", what, $"scripts/chaos.sh {scenario}");
}
