using VdiFs.Peers.Content;
using VdiFs.Peers.Disks;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Servers;
using VdiFs.Peers.Timing;

namespace VdiFs.Peers.Programs;

/// <summary>A program that copies a disk from its server to a file of its own making.</summary>
/// <param name="Command">Its command line, from the source and the file to make.</param>
/// <param name="Judge">Compares the file with the disk.</param>
internal sealed record CopyProgram(
    Func<Source, string, IReadOnlyList<string>> Command, Action<Track, DiskFile, string> Judge)
{
    public const string Null = "null:";

    /// <summary>nbdcopy with its default parallelism.</summary>
    public static CopyProgram Nbdcopy { get; } = new((source, target) => ["nbdcopy", source.Uri, target], Verify.Raw);

    /// <summary>qemu-img convert.</summary>
    /// <param name="format">What it makes, by its own name.</param>
    /// <param name="options">How.</param>
    public static CopyProgram QemuImg(string format, params IReadOnlyList<string> options) => new(
        (source, target) => ["qemu-img", "convert", "-f", "raw", "-O", format, .. options, source.Uri, target],
        format == "raw" ? Verify.Raw : (track, disk, file) => Verify.Image(track, disk, file, format));

    /// <summary>Copies to a file, and compares it.</summary>
    public Sample ToFile(Track track, Source source) => Run(track, source, toNull: false);

    /// <summary>Copies to nowhere; then once more, untimed, to a file that is compared.</summary>
    public Sample ToNull(Track track, Source source)
    {
        Sample sample = Run(track, source, toNull: true);
        _ = Run(track, source, toNull: false);
        return sample;
    }

    private Sample Run(Track track, Source source, bool toNull)
    {
        string copy = toNull ? Null : track.Bench.PathOf("copy");
        Reading reading = Stopclock.Time(track, daemon: null, Command(source, copy));
        if (!toNull)
        {
            Judge(track, source.Disk, copy);
            File.Delete(copy);
        }

        return reading.Transfer(source.Disk.Size);
    }
}
