using VdiFs.Chaos.Faults;
using VdiFs.Chaos.Network;
using VdiFs.Chaos.Servers;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Scenarios;

/// <summary>A server whose certificate is replaced while it is read from.</summary>
internal sealed class CertificateReplaced : IScenario
{
    private static readonly TimeSpan ReadDeadline = TimeSpan.FromSeconds(4);

    public string Name => "tls-certificate";

    public string Summary =>
        "a new certificate under copies: no reader notices; one of another authority: EIO, no byte";

    public Extent Extent => new(FullRounds: 100, QuickRounds: 2, FullSizeBytes: 1L << 30);

    public void Run(ChaosRun run)
    {
        var host = NetworkHost.Make(run.Bench);
        var spot = ServerSpot.OnHost(run.Bench, host);
        string trusted = CertificateFolder.MakeAuthority(run.Bench, "trusted");
        string other = CertificateFolder.MakeAuthority(run.Bench, "other");
        string[] good =
        [
            CertificateFolder.MakeServer(run.Bench, "first", trusted, host.Address),
            CertificateFolder.MakeServer(run.Bench, "second", trusted, host.Address),
        ];
        string wrong = CertificateFolder.MakeServer(run.Bench, "wrong", other, host.Address);
        string certificates = good[0];
        ServerProcess server = NbdkitServer.Start(run.Bench, spot, () =>
            ["--tls=require", $"--tls-certificates={certificates}", "file", run.Disk.Path]);
        string source = ServerSpot.SourceOf(spot).Replace("nbd://", "nbds://", StringComparison.Ordinal);
        var siege = Siege.Lay(run, source, ReadDeadline, "--ca", Path.Combine(trusted, "ca-cert.pem"));
        siege.ReadInPeace();

        var random = new Random(run.Seed + 2);
        int turn = 0;
        siege.Endure(stop =>
        {
            FaultClock.Pause(random, TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(run.Quick ? 0.6 : 3), stop);
            Replace(good[++turn % good.Length]);
        });

        Replace(wrong);
        siege.ExpectOnlyOwnBytes(mustFail: true);
        Replace(good[0]);
        run.Check(Wait.TryUntil(siege.ReadsSomethingAgain), "the right certificate is back and reads still fail");
        siege.Lift();

        void Replace(string by)
        {
            certificates = by;
            server.Kill();
            server.Start();
            run.Tally.Fault();
        }
    }
}
