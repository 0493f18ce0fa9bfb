using System.Globalization;
using System.Reflection;

namespace VdiFs.Peers.Report;

/// <summary>Where, when and of what the figures are; without any name of the machine.</summary>
internal static class Surroundings
{
    /// <summary>One line.</summary>
    public static string Line()
    {
        string date = TimeProvider.System.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        // The version alone: what follows it may name the place.
        string kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim().Split('-')[0];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{date}, commit {Commit()}, {Environment.ProcessorCount} processors, {MemoryGibibytes():F0} GiB, "
            + $"Linux {kernel}");
    }

    // The build noted it.
    private static string Commit()
    {
        const int ShortLength = 12;
        string version = typeof(Surroundings).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        string commit = version[(version.IndexOf('+', StringComparison.Ordinal) + 1)..];
        return commit.Length > ShortLength ? commit[..ShortLength] : "unknown";
    }

    private static double MemoryGibibytes()
    {
        const double KibibytesOfGibibyte = 1 << 20;
        const string Total = "MemTotal:";
        string line = File.ReadLines("/proc/meminfo").First(line => line.StartsWith(Total, StringComparison.Ordinal));
        string kibibytes = line[Total.Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
        return long.Parse(kibibytes, CultureInfo.InvariantCulture) / KibibytesOfGibibyte;
    }
}
