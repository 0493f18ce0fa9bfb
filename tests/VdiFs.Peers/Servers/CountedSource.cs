using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.Peers.Disks;
using VdiFs.Peers.Racing;

namespace VdiFs.Peers.Servers;

/// <summary>A server that counts what it is asked for (nbdkit's stats filter).</summary>
internal sealed class CountedSource
{
    private const string ReadLine = "read: ";

    private readonly string _statistics;

    private CountedSource(Source source, string statistics)
    {
        Source = source;
        _statistics = statistics;
    }

    public Source Source { get; }

    public static CountedSource Start(Track track, DiskFile disk)
    {
        string statistics = track.Bench.PathOf("statistics");
        return new CountedSource(
            NbdkitSource.Start(track, disk, ["--filter=stats"], [$"statsfile={statistics}"], "counted.sock"),
            statistics);
    }

    /// <summary>Ends the server, whose clients must be gone, and gives the bytes that were read from it.</summary>
    public long StopAndCount()
    {
        Source.Server.Signal(Native.Sigterm);
        Wait.Until(() => Line() is not null, "nbdkit writes its statistics");
        Wait.Until(() => !ProcessTable.IsRunning(Source.Server.Pid), "nbdkit ends");
        return Bytes(Line()!);
    }

    // The file is written at once, at the server's end; a server that was never read from has no such line.
    private string? Line()
    {
        string text = File.Exists(_statistics) ? File.ReadAllText(_statistics) : "";
        return text.EndsWith('\n') ? text.Split('\n').FirstOrDefault(IsRead) ?? $"{ReadLine}0 ops, 0 s, 0 bytes" : null;

        static bool IsRead(string line) => line.StartsWith(ReadLine, StringComparison.Ordinal);
    }

    // Such as "read: 5000 ops, 0.012 s, 1.60 GiB, 3.1 GiB/s op, 2.9 GiB/s total".
    private static long Bytes(string line)
    {
        string[] words = line.Split(", ")[2].Split(' ');
        int shift = words[1] switch { "bytes" => 0, "KiB" => 10, "MiB" => 20, "GiB" => 30, _ => 40 };
        return (long)(double.Parse(words[0], CultureInfo.InvariantCulture) * (1L << shift));
    }
}
