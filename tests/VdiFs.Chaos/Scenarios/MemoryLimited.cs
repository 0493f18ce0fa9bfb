using System.Globalization;
using VdiFs.Chaos.Readers;
using VdiFs.Chaos.Servers;
using VdiFs.Chaos.Watch;

namespace VdiFs.Chaos.Scenarios;

/// <summary>64 readers of a daemon in a control group of 256 MiB.</summary>
internal sealed class MemoryLimited : IScenario
{
    private const int Readers = 64;
    private const long LimitBytes = 256L << 20;

    public string Name => "memory";

    public string Summary =>
        "64 readers of a daemon held to 256 MiB (cgroup), and a server that dies: nobody is killed";

    public Extent Extent => new(FullRounds: 100, QuickRounds: 2, FullSizeBytes: 1L << 30);

    public void Run(ChaosRun run)
    {
        var spot = ServerSpot.OnSocket(run.Bench, "server");
        ServerProcess server = NbdkitServer.Start(run.Bench, spot, run.Disk.Path);
        var siege = Siege.Lay(run, ServerSpot.SourceOf(spot), TimeSpan.FromMinutes(5), "--memory-limit", "128M");
        using MemoryGroup group = MemoryGroup.Hold(siege.Mount.Pid, LimitBytes);
        siege.ReadInPeace();
        RandomReading[] readings = [.. Enumerable.Range(0, Readers).Select(siege.StartRandomReading)];
        for (int round = 0; round < run.Rounds && run.Tally.Hangs == 0; round++)
        {
            Thread.Sleep(run.Random.Next(200, run.Quick ? 600 : 3000));
            server.Kill();
            run.Tally.Fault();
            server.Start();
            run.Tally.Most("most_resident_mib", DaemonGauge.ResidentBytesOf(siege.Mount.Pid) >> 20);
        }

        foreach (RandomReading reading in readings)
        {
            reading.Dispose();
        }

        run.Check(group.Kills == 0, "the kernel killed the daemon for its memory");
        siege.Lift();
    }
}
