using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.Peers.Disks;
using VdiFs.Peers.Racing;

namespace VdiFs.Peers.Content;

/// <summary>Whether what was read is the disk; none of it is timed.</summary>
internal static class Verify
{
    // Only a hang takes so long.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>The file is the disk, byte for byte.</summary>
    public static void Raw(Track track, DiskFile disk, string file) => Ok(track, "cmp", disk.Path, file);

    /// <summary>The file begins as the disk does.</summary>
    public static void Beginning(Track track, DiskFile disk, string file, long bytes) =>
        Ok(track, "cmp", "-n", bytes.ToString(CultureInfo.InvariantCulture), disk.Path, file);

    /// <summary>The image holds the disk, as qemu-img reads it.</summary>
    public static void Image(Track track, DiskFile disk, string file, string format) =>
        Ok(track, [.. ImageCommand(disk, file, format)]);

    /// <summary>What <see cref="Image"/> runs: it succeeds when they are equal.</summary>
    public static IReadOnlyList<string> ImageCommand(DiskFile disk, string file, string format) =>
        ["qemu-img", "compare", "-f", "raw", "-F", format, disk.Path, file];

    private static void Ok(Track track, params IReadOnlyList<string> command)
    {
        string[] prefixed = [.. track.Prefix, .. command];
        CommandResult result = Command.RunWithin(Limit, prefixed[0], prefixed[1..]);
        Assert.True(result.ExitCode == 0, result.ToString());
    }
}
