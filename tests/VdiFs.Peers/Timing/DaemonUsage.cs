using System.Globalization;

namespace VdiFs.Peers.Timing;

/// <summary>What a running daemon has used, from /proc.</summary>
internal static class DaemonUsage
{
    // proc(5): utime and stime, counted from the field after the name, in clock ticks of 10 ms on every Linux.
    private const int UserField = 11;
    private const double TicksPerSecond = 100;

    /// <summary>User and system time since its start.</summary>
    public static double CpuSeconds(int pid)
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields.Skip(UserField).Take(2).Sum(field => long.Parse(field, CultureInfo.InvariantCulture))
            / TicksPerSecond;
    }

    /// <summary>
    /// What each of its threads has used, to the nanosecond (proc(5): schedstat): a tick of 10 ms is too coarse for who
    /// does nothing.
    /// </summary>
    public static IReadOnlyDictionary<string, TimeSpan> ThreadTimes(int pid) =>
        Directory.GetDirectories($"/proc/{pid}/task").ToDictionary(thread => thread, ThreadTime);

    /// <summary>What was used between two such readings, by the threads that live at the end.</summary>
    public static TimeSpan Between(
        IReadOnlyDictionary<string, TimeSpan> before, IReadOnlyDictionary<string, TimeSpan> after) =>
        after.Aggregate(
            TimeSpan.Zero, (sum, thread) => sum + thread.Value - before.GetValueOrDefault(thread.Key, TimeSpan.Zero));

    private static TimeSpan ThreadTime(string thread)
    {
        string nanoseconds = File.ReadAllText(Path.Combine(thread, "schedstat")).Split(' ')[0];
        return TimeSpan.FromMicroseconds(long.Parse(nanoseconds, CultureInfo.InvariantCulture) / 1000.0);
    }
}
