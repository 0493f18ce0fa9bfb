using System.Globalization;
using System.Text.Json;
using VdiFs.Peers.Content;
using VdiFs.Peers.Disks;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Servers;
using VdiFs.Peers.Timing;

namespace VdiFs.Peers.Readers;

/// <summary>fio's random reads.</summary>
/// <param name="Pattern">How they are made.</param>
/// <param name="IsWarm">Whether they stay in a part that was read before.</param>
internal sealed record RandomReader(RandomPattern Pattern, bool IsWarm) : IReader
{
    /// <summary>What is warmed: less than any cache here holds.</summary>
    public const long WarmBytes = 128L << 20;

    private const int RunSeconds = 2;

    public Sample Read(Track track, DiskFile disk, ServedFile file)
    {
        long warm = Math.Min(WarmBytes, disk.Size);
        if (IsWarm)
        {
            Verify.Beginning(track, disk, file.Path, warm);
        }

        string[] part = IsWarm ? [$"--size={warm}"] : [];
        Sample sample = Run(track, file, Pattern, [.. Target(file.Path), .. part]);
        Verify.Beginning(track, disk, file.Path, warm);
        return sample;
    }

    /// <summary>The same without any mount.</summary>
    public static Sample OnSocket(Track track, Source source, RandomPattern pattern) =>
        Run(track, daemon: null, pattern, "--ioengine=nbd", $"--uri={source.Uri}");

    private static Sample Run(
        Track track, ServedFile? daemon, RandomPattern pattern, params IReadOnlyList<string> target)
    {
        // fio mixes notes into what it prints.
        string result = track.Bench.PathOf("fio.json");
        Reading reading = Stopclock.Time(track, daemon, [.. Command(pattern, target), $"--output={result}"]);
        using var report = JsonDocument.Parse(File.ReadAllBytes(result));
        JsonElement reads = report.RootElement.GetProperty("jobs")[0].GetProperty("read");
        double nanoseconds = reads.GetProperty("lat_ns").GetProperty("percentile").GetProperty("99.000000").GetDouble();
        return new Sample
        {
            [Figure.Iops] = reads.GetProperty("iops").GetDouble(),
            [Figure.Slowest] = nanoseconds / 1000,
            [Figure.Memory] = reading.PeakBytes / (double)(1 << 20),
        };
    }

    // Latency from submission on: a mount that answers at once does so before submission has ended.
    public static IReadOnlyList<string> Command(RandomPattern pattern, IReadOnlyList<string> target) =>
    [
        "fio", "--name=random", "--rw=randread", "--readonly", "--group_reporting", "--output-format=json",
        "--time_based", "--lat_percentiles=1", "--clat_percentiles=0",
        Option("runtime", RunSeconds), $"{Option("bs", pattern.Kibibytes)}k", Option("iodepth", pattern.Depth),
        Option("numjobs", pattern.Jobs), .. target,
    ];

    /// <summary>Where a mount's file is read from.</summary>
    public static IReadOnlyList<string> Target(string path) =>
        ["--ioengine=libaio", "--direct=1", $"--filename={path}"];

    private static string Option(string name, int value) =>
        string.Create(CultureInfo.InvariantCulture, $"--{name}={value}");
}
