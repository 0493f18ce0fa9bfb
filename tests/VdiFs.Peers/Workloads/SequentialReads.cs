using VdiFs.Peers.Content;
using VdiFs.Peers.Disks;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Programs;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Readers;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Workloads;

/// <summary>W1: the whole raw disk, in order.</summary>
internal sealed class SequentialReads : IWorkload
{
    private const string Passthrough = "vdifs --passthrough, local file";
    private const string QemuRaw = "qemu-img convert -O raw";

    public string Name => "W1";

    public string Title => "The raw disk from beginning to end";

    public string Explanation =>
        "`dd bs=1M of=/dev/null`, and `cp` to tmpfs. nbdcopy and qemu-img skip holes by block status, and so does `cp` "
        + "where a mount tells of them; `dd` cannot.";

    public IReadOnlyList<Race> Races(Course course) => [ToNull(course), ToFile(course)];

    private static Race ToNull(Course course)
    {
        const int OneConnection = 1;
        Func<Track, Source> serve = track => NbdkitSource.Start(track, UsedDisk.Of(course));
        ReadToNull reader = new();
        return new Race(
            "dd of disk.raw to /dev/null",
            [Figure.Speed, Figure.Cpu, Figure.ServerCpu, Figure.Memory],
            [
                .. Entrants.NbdMounts(serve, reader),
                Entrants.Mount(Entrants.Nbdfuse1, new NbdfusePeer(OneConnection), serve, reader),
                Entrants.Ceiling(new MemoryPeer(VdifsMountPeer.RawName), serve, reader),
                Entrants.WithDirectIo(serve, reader),
                Entrants.WithSmallCache(serve, reader),
                new Contestant(Passthrough, track => PassedThrough(track, UsedDisk.Of(course), reader)),
                Entrants.Mount(Entrants.Xmount, new XmountPeer("raw"), serve, reader),
                Entrants.ToNull(Entrants.Nbdcopy, CopyProgram.Nbdcopy, serve),
            ],
            [
                Target.AtLeast(4, Figure.Speed, Entrants.Nbdfuse),
                Target.AtLeast(4, Figure.Speed, Entrants.QemuExport),
                Target.AtLeast(0.6, Figure.Speed, Entrants.Nbdcopy),
                Target.AtMost(0.5, Figure.Cpu, Entrants.Nbdfuse),
                Target.OfCeiling(Figure.Speed),
            ])
        {
            FreshMemory = 1,
            Fetcher = Entrants.Nbdcopy,
        };
    }

    private static Sample PassedThrough(Track track, DiskFile disk, ReadToNull reader) =>
        reader.Read(track, disk, VdifsMountPeer.OfFile(track, disk, "--passthrough"));

    private static Race ToFile(Course course)
    {
        Func<Track, Source> serve = track => NbdkitSource.Start(track, UsedDisk.Of(course));
        CopyToFile reader = new(Verify.Raw);
        return new Race(
            "cp of disk.raw to tmpfs",
            [Figure.Speed, Figure.Cpu, Figure.ServerCpu, Figure.Memory],
            [
                .. Entrants.NbdMounts(serve, reader),
                Entrants.Ceiling(new MemoryPeer(VdifsMountPeer.RawName), serve, reader),
                Entrants.WithDirectIo(serve, reader),
                Entrants.WithSmallCache(serve, reader),
                Entrants.Mount(Entrants.Xmount, new XmountPeer("raw"), serve, reader),
                Entrants.ToFile(Entrants.Nbdcopy, CopyProgram.Nbdcopy, serve),
                Entrants.ToNull(Entrants.NbdcopyToNull, CopyProgram.Nbdcopy, serve),
                Entrants.ToFile(QemuRaw, CopyProgram.QemuImg("raw"), serve),
            ],
            [
                Target.AtLeast(1.0, Figure.Speed, Entrants.Nbdcopy),
                Target.AtLeast(1.0, Figure.Speed, QemuRaw),
                Target.AtMost(0.5, Figure.Cpu, Entrants.Nbdfuse),
                Target.OfCeiling(Figure.Speed),
            ])
        {
            FreshMemory = 1,
            Fetcher = Entrants.NbdcopyToNull,
        };
    }
}
