using System.Diagnostics;
using VdiFs.Peers.Content;
using VdiFs.Peers.Disks;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Workloads;

/// <summary>W7: from the command to the first byte.</summary>
internal sealed class Starts : IWorkload
{
    public string Name => "W7";

    public string Title => "Start";

    public string Explanation =>
        "From the start of the process to the first byte of the disk, at a server that runs; and what the daemon has "
        + "used of memory by then.";

    public IReadOnlyList<Race> Races(Course course)
    {
        const double Wanted = 100;
        return
        [
            new Race(
                "command to first byte",
                [Figure.Milliseconds, Figure.Memory],
                [
                    .. Entrants.Mounts.Select(entrant =>
                        new Contestant(entrant.Name, track => Run(track, UsedDisk.Of(course), entrant.Peer))),
                    new Contestant(Entrants.Xmount, track => Run(track, UsedDisk.Of(course), new XmountPeer("raw"))),
                ],
                [Target.AtMost(Wanted, Figure.Milliseconds)]),
        ];
    }

    private static Sample Run(Track track, DiskFile disk, IMountPeer peer)
    {
        const int Beginning = 1 << 20;
        Source source = NbdkitSource.Start(track, disk);
        long started = Stopwatch.GetTimestamp();
        ServedFile file = peer.Start(track, source);
        file.WaitForFirstByte();
        double milliseconds = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        double peak = file.PeakMemoryBytes / (double)(1 << 20);
        Verify.Beginning(track, disk, file.Path, Beginning);
        return new Sample { [Figure.Milliseconds] = milliseconds, [Figure.Memory] = peak };
    }
}
