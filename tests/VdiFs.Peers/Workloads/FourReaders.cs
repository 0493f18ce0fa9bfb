using VdiFs.Peers.Content;
using VdiFs.Peers.Disks;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Programs;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Servers;
using VdiFs.Peers.Timing;

namespace VdiFs.Peers.Workloads;

/// <summary>W6: four readers of one disk.</summary>
internal sealed class FourReaders : IWorkload
{
    private const string FourNbdcopies = "nbdcopy, 4 processes";

    // The product's four formats; the peers have one.
    private static readonly IReadOnlyList<(string Extension, string Qemu)> Formats =
        [("raw", "raw"), ("vhd", "vpc"), ("vmdk", "vmdk"), ("qcow2", "qcow2")];

    public string Name => "W6";

    public string Title => "Four readers of one disk";

    public string Explanation =>
        "`dd` to /dev/null, four at once, through one mount: of disk.raw, disk.vhd, disk.vmdk and disk.qcow2 with "
        + "vdifs, of their only file with the others. What the server was asked for is nbdkit's own count.";

    public IReadOnlyList<Race> Races(Course course) =>
    [
        Together(course, "started together", TimeSpan.Zero),
        Together(course, "started a second apart", TimeSpan.FromSeconds(1)),
    ];

    private static Race Together(Course course, string title, TimeSpan apart)
    {
        const double Once = 1.02;
        DiskFile disk = UsedDisk.Of(course);
        return new Race(
            title,
            [Figure.Seconds, Figure.Fetched, Figure.Cpu, Figure.ServerCpu, Figure.Memory],
            [
                .. Entrants.Mounts.Select(entrant => Shared(entrant.Name, entrant.Peer)),
                new Contestant(FourNbdcopies, track => Nbdcopies(track, disk, apart)),
            ],
            [
                Target.AtMost(Once, Figure.Fetched),
                Target.AtMost(1, Figure.Seconds, FourNbdcopies),
            ])
        {
            FreshMemory = 2,
        };

        Contestant Shared(string name, IMountPeer peer)
        {
            SharedMount mount = peer is VdifsMountPeer
                ? new SharedMount(peer, Files, CheckEach)
                : new SharedMount(peer, TheOnly, CheckOnce);
            return new Contestant(name, track => mount.Run(track, disk, apart));
        }
    }

    private static IReadOnlyList<string> Files(ServedFile file) =>
        [.. Formats.Select(format => file.Sibling($"disk.{format.Extension}"))];

    private static IReadOnlyList<string> TheOnly(ServedFile file) => [.. Formats.Select(_ => file.Path)];

    private static IReadOnlyList<IReadOnlyList<string>> CheckEach(DiskFile disk, ServedFile file) =>
        [.. Formats.Select(format => Verify.ImageCommand(disk, file.Sibling($"disk.{format.Extension}"), format.Qemu))];

    private static IReadOnlyList<IReadOnlyList<string>> CheckOnce(DiskFile disk, ServedFile file) =>
        [Verify.ImageCommand(disk, file.Path, "raw")];

    private static Sample Nbdcopies(Track track, DiskFile disk, TimeSpan apart)
    {
        var counted = CountedSource.Start(track, disk);
        Reading reading = Stopclock.Time(
            track,
            daemon: null,
            apart,
            [.. Formats.Select(_ => CopyProgram.Nbdcopy.Command(counted.Source, CopyProgram.Null))]);
        Sample sample = reading.Transfer(disk.Size * Formats.Count);
        sample[Figure.Fetched] = (double)counted.StopAndCount() / disk.Allocated;
        _ = CopyProgram.Nbdcopy.ToFile(track, NbdkitSource.Start(track, disk));
        return sample;
    }
}
