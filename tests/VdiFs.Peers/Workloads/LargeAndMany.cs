using System.Diagnostics;
using VdiFs.EndToEnd.Harness;
using VdiFs.Peers.Content;
using VdiFs.Peers.Disks;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Readers;
using VdiFs.Peers.Servers;
using VdiFs.Peers.Timing;

namespace VdiFs.Peers.Workloads;

/// <summary>W9: many exports, many extents, many readers, and none.</summary>
internal sealed class LargeAndMany : IWorkload
{
    private const int Exports = 10_000;
    private const long VerifiedBytes = 128L << 20;

    public string Name => "W9";

    public string Title => "Many exports, a large map, many readers, none";

    public string Explanation =>
        "10,000 exports: from the command to the end of `ls`. The map: `stat` of disk.vmdk of a disk of 2 TiB with "
        + "100,000 extents, which needs all of it. Load: four copies and sixteen fio jobs at once, with a cache of 256 "
        + "MiB. Idle: the daemon's processor time over ten seconds after a copy, in percent of one processor.";

    public IReadOnlyList<Race> Races(Course course) =>
    [
        new Race(
            "10,000 exports",
            [Figure.Seconds, Figure.Memory],
            [
                new Contestant(Contestant.Vdifs, track => List(track, course)),
            ],
            [Target.AtMost(1, Figure.Seconds)]),
        Map(course),
        new Race(
            "memory under load",
            [Figure.Memory],
            [new Contestant(Contestant.Vdifs, track => Load(track, UsedDisk.Of(course)))],
            [Target.AtMost(256 + 64, Figure.Memory)]),
        new Race(
            "idle",
            [Figure.IdlePercent],
            [
                .. Entrants.Mounts.Select(entrant =>
                    new Contestant(entrant.Name, track => Idle(track, UsedDisk.Of(course), entrant.Peer))),
            ],
            [Target.AtMost(0.1, Figure.IdlePercent)]),
    ];

    private static Sample List(Track track, Course course)
    {
        DiskFile empty = course.Disk("exports.img", (bench, name) => ManyFiles.Make(bench, name, Exports));
        Source source = NbdkitSource.StartFolder(track, empty);
        long started = Stopwatch.GetTimestamp();
        ServedFile file = new VdifsMountPeer().Start(track, source);
        string listing = Command.Ok("ls", file.MountPoint);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Assert.Equal(Exports, listing.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        return new Sample
        {
            [Figure.Seconds] = seconds,
            [Figure.Memory] = file.PeakMemoryBytes / (double)(1 << 20),
        };
    }

    private static Race Map(Course course)
    {
        const double WantedMebibytes = 64;
        return new Race(
            "the map of 2 TiB with 100,000 extents",
            [Figure.Seconds, Figure.Growth],
            [
                new Contestant(Contestant.Vdifs, track => ReadMap(track, ScatteredDisk.Of(course))),
                Program("nbdinfo --map", source => ["nbdinfo", "--map", source.Uri]),
                Program("qemu-img map", source => ["qemu-img", "map", "-f", "raw", "--output=json", source.Uri]),
            ],
            [Target.AtMost(1, Figure.Seconds), Target.AtMost(WantedMebibytes, Figure.Growth)]);

        Contestant Program(string name, Func<Source, IReadOnlyList<string>> command) => new(name, track =>
        {
            Source source = NbdkitSource.Start(track, ScatteredDisk.Of(course));
            Reading reading = Stopclock.Time(track, daemon: null, command(source));
            Assert.NotEmpty(reading.Outputs[0]);
            return new Sample { [Figure.Seconds] = reading.Seconds };
        });
    }

    private static Sample ReadMap(Track track, DiskFile disk)
    {
        ServedFile file = new VdifsMountPeer().Start(track, NbdkitSource.Start(track, disk));
        long before = file.PeakMemoryBytes;
        Reading reading = Stopclock.Time(track, file, ["stat", file.Sibling("disk.vmdk")]);
        Verify.Beginning(track, disk, file.Path, VerifiedBytes);
        return new Sample
        {
            [Figure.Seconds] = reading.Seconds,
            [Figure.Growth] = (reading.PeakBytes - before) / (double)(1 << 20),
        };
    }

    private static Sample Load(Track track, DiskFile disk)
    {
        RandomPattern pattern = new(64, Depth: 16, Jobs: 16);
        VdifsMountPeer peer = new(Options: "--cache-size=256M");
        ServedFile file = peer.Start(track, NbdkitSource.Start(track, disk));
        string[] names = ["disk.raw", "disk.vhd", "disk.vmdk", "disk.qcow2"];
        Reading reading = Stopclock.Time(
            track,
            file,
            TimeSpan.Zero,
            [
                .. names.Select(name => (string[])["dd", $"if={file.Sibling(name)}", "of=/dev/null", "bs=1M"]),
                [.. RandomReader.Command(pattern, RandomReader.Target(file.Path))],
            ]);
        Verify.Beginning(track, disk, file.Path, VerifiedBytes);
        return new Sample { [Figure.Memory] = reading.PeakBytes / (double)(1 << 20) };
    }

    private static Sample Idle(Track track, DiskFile disk, IMountPeer peer)
    {
        TimeSpan settling = TimeSpan.FromSeconds(2);
        TimeSpan watched = TimeSpan.FromSeconds(10);
        ServedFile file = peer.Start(track, NbdkitSource.Start(track, disk));
        Verify.Beginning(track, disk, file.Path, VerifiedBytes);
        Thread.Sleep(settling);
        IReadOnlyDictionary<string, TimeSpan> before = DaemonUsage.ThreadTimes(file.Pid);
        Thread.Sleep(watched);
        TimeSpan used = DaemonUsage.Between(before, DaemonUsage.ThreadTimes(file.Pid));
        return new Sample { [Figure.IdlePercent] = used / watched * 100 };
    }
}
