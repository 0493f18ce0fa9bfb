using VdiFs.EndToEnd.Harness.Disks;
using VdiFs.EndToEnd.Harness.Servers;

namespace VdiFs.Judges.Disks;

/// <summary>All disks. Each is here because some reader or writer once stumbled over its like.</summary>
internal static class DiskList
{
    private const long KiB = 1L << 10;
    private const long MiB = 1L << 20;
    private const long GiB = 1L << 30;
    private const long TiB = 1L << 40;
    private const long Granule = 64 * KiB;

    // The most that a VHD holds, for qemu, Hyper-V and XenServer alike.
    private const long LargestVhd = 2040 * GiB;

    public static IReadOnlyList<DiskShape> All { get; } =
    [
        .. Patterns(), .. RealFileSystems(), .. OddSizes(), .. Limits(),
    ];

    private static IEnumerable<DiskShape> Patterns() =>
    [
        Runs("empty", 64 * MiB, inSample: true),
        Runs("full", 20 * MiB, inSample: true, (0, 20 * MiB)),
        Runs("first granule", 64 * MiB, inSample: false, (0, Granule)),
        Runs("last granule", 64 * MiB, inSample: true, (64 * MiB - Granule, Granule)),
        Runs("all but the last granule", 12 * MiB, inSample: false, (0, 12 * MiB - Granule)),
        Runs("holes at both ends", 40 * MiB, inSample: false, (17 * MiB + 4096, 3 * MiB)),
        Runs("one sector", 50 * MiB, inSample: false, (31 * MiB + 512, 512)),
        Alternating("alternating granules", 32 * MiB, Granule, inSample: true),
        Alternating("alternating 1 MiB", 30 * MiB, MiB, inSample: false),
        Alternating("alternating 2 MiB", 44 * MiB, 2 * MiB, inSample: false),
        Random("random 1", 48 * MiB, 1, inSample: false),
        Random("random 2", 48 * MiB, 2, inSample: false),
        Random("random 3", 70 * MiB, 3, inSample: false),
        Random("random 4", 70 * MiB, 4, inSample: false),
    ];

    private static IEnumerable<DiskShape> RealFileSystems() =>
    [
        FileSystem("gpt with fat and ext4", FileSystemDisk.GptFatExt4, inSample: true, hasPartitions: true),
        FileSystem("mbr with ntfs", FileSystemDisk.MbrNtfs, inSample: false, hasPartitions: true),
        FileSystem("ext4 alone", FileSystemDisk.Ext4, inSample: false, hasPartitions: false),
        FileSystem("floppy", FileSystemDisk.Floppy, inSample: false, hasPartitions: false),
    ];

    private static IEnumerable<DiskShape> OddSizes() =>
    [
        Full("1 B", 1),
        Full("511 B", 511),
        Full("512 B", 512),
        Full("513 B", 513, inSample: true),
        Full("4 KiB", 4 * KiB),
        Full("64 KiB - 512", 64 * KiB - 512),
        Full("64 KiB + 512", 64 * KiB + 512),
        Full("1 MiB - 1", MiB - 1),
        Full("1 MiB + 512", MiB + 512),
        Full("2 MiB - 512", 2 * MiB - 512),
        Full("2 MiB", 2 * MiB),
        Full("2 MiB + 512", 2 * MiB + 512),
        Random("10 MiB + 1", 10 * MiB + 1, 5, inSample: false),
        Random("33 MiB - 1024", 33 * MiB - 1024, 6, inSample: false),
        Random("33 MiB + 512", 33 * MiB + 512, 7, inSample: true),
    ];

    private static IEnumerable<DiskShape> Limits() =>
    [
        Ends("2040 GiB sparse", LargestVhd, inSample: true),
        Ends("2040 GiB + 512 sparse", LargestVhd + 512, inSample: false),
        Ends("4 TiB + 1 MiB sparse", 4 * TiB + MiB, inSample: false),
        Ends("8 TiB sparse", 8 * TiB, inSample: false),
        Ends("64 TiB sparse", 64 * TiB, inSample: false),
        Pattern("2040 GiB full", LargestVhd),
        Pattern("64 TiB full", 64 * TiB),
    ];

    private static DiskShape Runs(
        string name, long length, bool inSample, params IEnumerable<(long Start, long Length)> runs) =>
        new(name, inSample, bench => JudgedDisk.InFile(bench, DiskImage.WithData(bench, length, runs)));

    private static DiskShape Full(string name, long length, bool inSample = false) =>
        Runs(name, length, inSample, (0, length));

    private static DiskShape Alternating(string name, long length, long run, bool inSample) =>
        Runs(
            name, length, inSample,
            Enumerable.Range(0, (int)(length / run / 2)).Select(index => (run * (2 * index + 1), run)));

    private static DiskShape Random(string name, long length, int seed, bool inSample) =>
        new(name, inSample, bench => JudgedDisk.InFile(bench, DiskImage.RandomHoles(bench, length, seed)));

    private static DiskShape Ends(string name, long length, bool inSample) =>
        Runs(
            name, length, inSample,
            (0, 3 * MiB), (length / 2 + 4096, 5 * MiB), (length * 3 / 4, 512), (length - 2 * MiB, 2 * MiB));

    private static DiskShape FileSystem(string name, string script, bool inSample, bool hasPartitions) =>
        new(name, inSample, bench => FileSystemDisk.Make(bench, script, hasPartitions));

    private static DiskShape Pattern(string name, long length) =>
        new(
            name,
            InSample: false,
            bench => JudgedDisk.Pattern(Nbdkit.OnSocket(bench, "pattern", $"{length}").Uri, length));
}
