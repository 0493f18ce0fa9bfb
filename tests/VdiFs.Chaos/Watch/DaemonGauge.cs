using System.Globalization;
using VdiFs.EndToEnd.Harness;

namespace VdiFs.Chaos.Watch;

/// <summary>What a daemon holds at one moment.</summary>
internal readonly record struct DaemonGauge(int Descriptors, int Threads, long ResidentBytes)
{
    public static DaemonGauge Of(int pid) => new(
        Directory.GetFileSystemEntries($"/proc/{pid}/fd").Length,
        Directory.GetDirectories($"/proc/{pid}/task").Length,
        ResidentBytesOf(pid));

    /// <summary>Resident memory in bytes.</summary>
    public static long ResidentBytesOf(int pid)
    {
        string line = File.ReadLines($"/proc/{pid}/status")
            .First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        string kibibytes = line["VmRSS:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim();
        return long.Parse(kibibytes, CultureInfo.InvariantCulture) * 1024;
    }

    /// <summary>Tells what has grown by more than use explains.</summary>
    public static void Compare(DaemonGauge before, int pid, LeakAllowance allowance, Tally tally)
    {
        // Connections and threads of the last fault go away by themselves, within their own time limits.
        DaemonGauge after = Of(pid);
        _ = Wait.TryUntil(() => (after = Of(pid)).Descriptors <= before.Descriptors + allowance.Descriptors
            && after.Threads <= before.Threads + allowance.Threads);
        tally.Detail["descriptors_before"] = before.Descriptors;
        tally.Detail["descriptors_after"] = after.Descriptors;
        tally.Detail["threads_before"] = before.Threads;
        tally.Detail["threads_after"] = after.Threads;
        tally.Detail["resident_mib_before"] = before.ResidentBytes >> 20;
        tally.Detail["resident_mib_after"] = after.ResidentBytes >> 20;
        Check("descriptors", before.Descriptors, after.Descriptors, allowance.Descriptors, tally);
        Check("threads", before.Threads, after.Threads, allowance.Threads, tally);
        Check(
            "MiB resident",
            before.ResidentBytes >> 20, after.ResidentBytes >> 20, allowance.ResidentBytes >> 20, tally);
    }

    private static void Check(string what, long before, long after, long allowed, Tally tally)
    {
        if (after > before + allowed)
        {
            tally.Leak($"the daemon had {before} {what} and has {after} after the faults");
        }
    }
}
