using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Servers;
using VdiFs.Peers.Disks;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Programs;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Readers;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Workloads;

/// <summary>W8: an empty disk, TLS, and several hosts that answer one request at a time.</summary>
internal sealed class SpecialServers : IWorkload
{
    private const double Nearly = 0.9;
    private const string ThreeHosts = "vdifs, 3 hosts";
    private const int Hosts = 3;

    public string Name => "W8";

    public string Title => "Zeros, TLS, several hosts";

    public string Explanation =>
        "`dd` of disk.raw to /dev/null. The empty disk is beside the same FUSE server answering from memory. A host is "
        + "an nbdkit that answers as xapi-nbd does: a connection's requests one by one, no structured replies, "
        + "no block status; its line is limited to 1.6 Gbit/s. Their disk is as large as the others', so that getting "
        + "up to speed is a small part of it.";

    public IReadOnlyList<Race> Races(Course course) => [Zeros(course), OverTls(course), SeveralHosts(course)];

    private static Race Zeros(Course course)
    {
        DiskFile empty = course.Disk("empty.img", (bench, name) => new DiskFile(
            DiskImage.Empty(bench, course.Options.SizeBytes, name), course.Options.SizeBytes, Allocated: 0));
        Func<Track, Source> serve = track => NbdkitSource.Start(track, empty);
        ReadToNull reader = new();
        return new Race(
            "an empty disk",
            [Figure.Speed, Figure.Cpu, Figure.Memory],
            [
                .. Entrants.NbdMounts(serve, reader),
                Entrants.Ceiling(new MemoryPeer(), serve, reader),
            ],
            [Target.AtLeast(Nearly, Figure.Speed, Contestant.Ceiling)])
        {
            FreshMemory = 1,
        };
    }

    // Not nbdfuse: it takes no certificates but the system's.
    private static Race OverTls(Course course)
    {
        Func<Track, Source> serve = track =>
        {
            var certificates = new TlsFolder(track.Bench, "localhost");
            Source source = NbdkitSource.Start(
                track, UsedDisk.Of(course), ["--tls=require", $"--tls-certificates={certificates.Directory}"], []);
            string uri = source.Uri.Replace("nbd+unix:", "nbds+unix:", StringComparison.Ordinal);
            return source with { Uri = $"{uri}&tls-certificates={certificates.Directory}" };
        };
        ReadToNull reader = new();
        return new Race(
            "over TLS",
            [Figure.Speed, Figure.Cpu, Figure.ServerCpu, Figure.Memory],
            [
                Entrants.Mount(Contestant.Vdifs, new VdifsMountPeer(), serve, reader),
                Entrants.Ceiling(new MemoryPeer(), serve, reader),
                Entrants.ToNull(Entrants.Nbdcopy, CopyProgram.Nbdcopy, serve),
            ],
            [Target.AtLeast(Nearly, Figure.Speed, Entrants.Nbdcopy)])
        {
            FreshMemory = 1,
            Fetcher = Entrants.Nbdcopy,
        };
    }

    private static Race SeveralHosts(Course course)
    {
        VdifsMountPeer product = new();
        ReadToNull reader = new();
        return new Race(
            "hosts that answer one request at a time",
            [Figure.Speed, Figure.Cpu, Figure.Memory],
            [
                Entrants.Mount(Contestant.Vdifs, product, track => Serve(track, course, 1), reader),
                Entrants.Mount(ThreeHosts, product, track => Serve(track, course, Hosts), reader),
                Entrants.ToNull(Entrants.Nbdcopy, CopyProgram.Nbdcopy, track => Serve(track, course, 1)),
            ],
            [
                Target.AtLeast(Nearly, Figure.Speed, Entrants.Nbdcopy),
                Target.AtLeast(Nearly * Hosts, Figure.Speed, Contestant.Vdifs, ThreeHosts),
            ])
        {
            FreshMemory = 1,
        };
    }

    private static Source Serve(Track track, Course course, int hosts)
    {
        string[] manners = ["-t", "1", "--no-sr", "--filter=rate"];
        Source[] sources = [.. Enumerable.Range(1, hosts).Select(number => NbdkitSource.Start(
            track, UsedDisk.Of(course), manners, ["rate=1600M", "burstiness=0.1"], $"host{number}.sock"))];
        IEnumerable<string> sockets = sources.Select(source => $"socket={source.Socket}");
        return sources[0] with { Uri = $"nbd+unix:///?{string.Join('&', sockets)}" };
    }
}
