using VdiFs.Peers.Disks;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Readers;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Workloads;

/// <summary>W4: random reads with direct I/O.</summary>
internal sealed class RandomReads : IWorkload
{
    private const string Fio = "fio on the NBD socket";

    private static readonly IReadOnlyList<RandomPattern> Patterns =
    [
        new(4, Depth: 1, Jobs: 1),
        new(4, Depth: 16, Jobs: 1),
        new(4, Depth: 16, Jobs: 4),
        new(64, Depth: 1, Jobs: 1),
        new(64, Depth: 16, Jobs: 1),
        new(64, Depth: 16, Jobs: 4),
    ];

    public string Name => "W4";

    public string Title => "Random reads";

    public string Explanation =>
        "fio with libaio and direct I/O. Cold: over the whole disk, for two seconds after the mount. Warm: in 128 MiB "
        + "that were read before. At depth 1 everything, the server too, is pinned to one processor.";

    public IReadOnlyList<Race> Races(Course course) =>
    [
        .. Patterns.Select(pattern => Cold(course, pattern)),
        .. Patterns.Select(pattern => Warm(course, pattern)),
    ];

    private static Race Cold(Course course, RandomPattern pattern)
    {
        const double OfDirectDeep = 0.7;
        const double OfDirectSingle = 0.5;
        Func<Track, Source> serve = Serve(course, pattern);
        RandomReader reader = new(pattern, IsWarm: false);
        return new Race(
            $"{pattern}, cold",
            [Figure.Iops, Figure.Slowest, Figure.Memory],
            [
                .. Entrants.NbdMounts(serve, reader),
                Entrants.Ceiling(new MemoryPeer(), serve, reader),
                new Contestant(Fio, track => RandomReader.OnSocket(track, serve(track), pattern)),
            ],
            [
                Target.AtLeast(pattern.Depth == 1 ? OfDirectSingle : OfDirectDeep, Figure.Iops, Fio),
                .. NoSlower(),
                Target.OfCeiling(Figure.Iops),
            ]);
    }

    private static Race Warm(Course course, RandomPattern pattern)
    {
        const double OfMemory = 0.9;
        Func<Track, Source> serve = Serve(course, pattern);
        RandomReader reader = new(pattern, IsWarm: true);
        return new Race(
            $"{pattern}, warm",
            [Figure.Iops, Figure.Slowest, Figure.Memory],
            [
                .. Entrants.NbdMounts(serve, reader),
                Entrants.Ceiling(new MemoryPeer(Bytes: RandomReader.WarmBytes), serve, reader),
            ],
            [Target.AtLeast(OfMemory, Figure.Iops, Contestant.Ceiling), .. NoSlower()]);
    }

    private static Func<Track, Source> Serve(Course course, RandomPattern pattern) => track =>
    {
        if (pattern.Depth == 1)
        {
            track.PinToOneProcessor();
        }

        return NbdkitSource.Start(track, UsedDisk.Of(course));
    };

    // No worse than the best peer is no worse than each.
    private static IEnumerable<Target> NoSlower() =>
        [Target.AtMost(1, Figure.Slowest, Entrants.Nbdfuse), Target.AtMost(1, Figure.Slowest, Entrants.QemuExport)];
}
