using System.Globalization;

namespace VdiFs.Disks.Cache;

/// <summary>What the machine can spare beside what its programs use.</summary>
internal static class SpareMemory
{
    // Less than this part of the machine's memory is left to whoever wants it next.
    private const int LeftDivisor = 8;

    /// <summary>Whether the machine has so many bytes available, and an eighth of its memory beyond them. True where
    /// nothing tells.</summary>
    public static bool HasRoomFor(long bytes)
    {
        try
        {
            return HasRoomFor(bytes, File.ReadLines("/proc/meminfo"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>The same, for the lines of a /proc/meminfo (proc_meminfo(5)).</summary>
    public static bool HasRoomFor(long bytes, IEnumerable<string> lines)
    {
        long? total = null;
        foreach (string line in lines)
        {
            total ??= Find("MemTotal:", line);
            if (total is { } all && Find("MemAvailable:", line) is { } available)
            {
                return available - bytes >= all / LeftDivisor;
            }
        }

        return true;
    }

    private static long? Find(string name, string line) =>
        line.StartsWith(name, StringComparison.Ordinal)
        && long.TryParse(
            line.AsSpan(name.Length).TrimEnd("kB"), NumberStyles.Integer, CultureInfo.InvariantCulture, out long kibibytes)
            ? kibibytes * 1024
            : null;
}
