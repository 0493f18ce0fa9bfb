using VdiFs.Peers.Disks;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Programs;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Readers;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Workloads;

/// <summary>W5: servers that answer late.</summary>
internal sealed class SlowLinks : IWorkload
{
    private const string PlainUser = "vdifs, plain user";

    // Seconds of the line that may be saved up. The filter's own 2 s would be half of the disk.
    private const string Burst = "0.1";

    // At tens of MiB/s the peers' mounts would take minutes for the disk.
    private const long PeersBytes = 64L << 20;

    public string Name => "W5";

    public string Title => "Slow links";

    public string Explanation =>
        "nbdkit's delay filter holds each request back, its rate filter the line. `dd` of disk.raw to /dev/null on a "
        + "quarter of the disk; peers' mounts read its first 64 MiB, as their speed does not change after.";

    public IReadOnlyList<Race> Races(Course course) =>
    [
        Link(course, "5 ms per request", ["--filter=delay"], ["rdelay=5ms"]),
        Link(course, "20 ms per request", ["--filter=delay"], ["rdelay=20ms"]),
        Link(
            course,
            "5 ms per request, 1 Gbit/s",
            ["--filter=delay", "--filter=rate"],
            ["rdelay=5ms", "rate=1G", $"burstiness={Burst}"]),
    ];

    private static Race Link(
        Course course, string title, IReadOnlyList<string> filters, IReadOnlyList<string> parameters)
    {
        const double OfNbdcopy = 0.9;
        Func<Track, Source> serve = track =>
            NbdkitSource.Start(track, UsedDisk.QuarterOf(course), filters, parameters);
        VdifsMountPeer product = new();
        ReadToNull all = new();
        return new Race(
            title,
            [Figure.Speed, Figure.Cpu, Figure.ServerCpu, Figure.Memory],
            [
                Entrants.Mount(Contestant.Vdifs, product, serve, all),
                Entrants.Mount(PlainUser, product, track => ForPlainUser(track, serve), all),
                .. Entrants.NbdMounts(serve, new ReadToNull(PeersBytes)).Skip(1),
                Entrants.Ceiling(new MemoryPeer(), serve, all),
                Entrants.WithDirectIo(serve, all),
                Entrants.ToNull(Entrants.Nbdcopy, CopyProgram.Nbdcopy, serve),
            ],
            [
                Target.AtLeast(OfNbdcopy, Figure.Speed, Entrants.Nbdcopy),
                Target.AtLeast(OfNbdcopy, Figure.Speed, Entrants.Nbdcopy, PlainUser),
            ])
        {
            FreshMemory = 0.25,
            Fetcher = Entrants.Nbdcopy,
        };
    }

    private static Source ForPlainUser(Track track, Func<Track, Source> serve)
    {
        Source source = serve(track);
        track.BecomePlainUser();
        return source;
    }
}
