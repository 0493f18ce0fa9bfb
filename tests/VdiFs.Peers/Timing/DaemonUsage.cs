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
}
