using VdiFs.Peers.Content;
using VdiFs.Peers.Disks;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Programs;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Readers;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Workloads;

/// <summary>W2 and W3: a copy of the disk in another format.</summary>
/// <param name="name">The workload's name.</param>
/// <param name="formats">What the product calls the formats, and what qemu-img does.</param>
internal sealed class ImageCopies(string name, params IReadOnlyList<(string Extension, string Qemu)> formats)
    : IWorkload
{
    public string Name => name;

    public string Title => $"A copy as {string.Join(" and as ", formats.Select(format => format.Extension))}";

    public string Explanation =>
        "`cp` of the mount's file to tmpfs, beside `qemu-img convert` from the same server. Each copy is compared with "
        + "the disk by qemu-img.";

    public IReadOnlyList<Race> Races(Course course) =>
        [.. formats.Select(format => Copy(course, format.Extension, format.Qemu))];

    private static Race Copy(Course course, string extension, string format)
    {
        const double Faster = 1.3;
        string file = $"disk.{extension}";
        string plain = $"qemu-img convert -O {format}";
        string parallel = $"{plain} -W -m 16";
        Func<Track, Source> serve = track => NbdkitSource.Start(track, UsedDisk.Of(course));
        CopyToFile reader = new((track, disk, copy) => Verify.Image(track, disk, copy, format));
        return new Race(
            $"cp of {file} to tmpfs",
            [Figure.Speed, Figure.Cpu, Figure.ServerCpu, Figure.Memory],
            [
                Entrants.Mount(Contestant.Vdifs, new VdifsMountPeer(file), serve, reader),
                Entrants.Ceiling(new MemoryPeer(file), serve, reader),
                Entrants.WithDirectIo(serve, reader, file),
                Entrants.ToFile(plain, CopyProgram.QemuImg(format), serve),
                Entrants.ToFile(parallel, CopyProgram.QemuImg(format, "-W", "-m", "16"), serve),
                Entrants.ToNull(Entrants.NbdcopyToNull, CopyProgram.Nbdcopy, serve),
                .. FixedSize(extension, serve),
            ],
            [Target.AtLeast(Faster, Figure.Speed, parallel), Target.OfCeiling(Figure.Speed)])
        {
            FreshMemory = 1,
            Fetcher = Entrants.NbdcopyToNull,
        };
    }

    // xmount makes a VHD as long as the disk: its beginning is the disk.
    private static IReadOnlyList<Contestant> FixedSize(string extension, Func<Track, Source> serve) =>
        extension != "vhd" ? [] :
        [
            Entrants.Mount(
                $"{Entrants.Xmount}, fixed size",
                new XmountPeer(extension),
                serve,
                new CopyToFile((track, disk, file) => Verify.Beginning(track, disk, file, disk.Size))),
        ];
}
