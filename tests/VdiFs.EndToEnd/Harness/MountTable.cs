namespace VdiFs.EndToEnd.Harness;

/// <summary>What is mounted, read from /proc/self/mountinfo.</summary>
internal static class MountTable
{
    /// <summary>Mount points at or below a directory, innermost last.</summary>
    public static IReadOnlyList<string> AtOrBelow(string directory) =>
        [.. Lines().Select(fields => fields[4])
            .Where(point => point == directory || point.StartsWith(directory + "/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];

    public static bool IsMountPoint(string directory) => AtOrBelow(directory).Contains(directory);

    /// <summary>The file system type shown for a mount point, null when nothing is mounted there.</summary>
    public static string? TypeOf(string mountPoint)
    {
        string[]? fields = Lines().LastOrDefault(fields => fields[4] == mountPoint);
        return fields?[Array.IndexOf(fields, "-") + 1];
    }

    /// <summary>The device number of what is mounted there, major:minor.</summary>
    public static string DeviceOf(string mountPoint) => Lines().Last(fields => fields[4] == mountPoint)[2];

    private static IEnumerable<string[]> Lines() =>
        File.ReadAllLines("/proc/self/mountinfo").Select(line => line.Split(' '));
}
