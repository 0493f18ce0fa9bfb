using System.Globalization;

namespace VdiFs.EndToEnd.Harness;

/// <summary>Who runs, read from /proc.</summary>
internal static class ProcessTable
{
    /// <summary>Processes, other than this one, that were given a path below the directory.</summary>
    public static IReadOnlyList<int> Mentioning(string text)
    {
        List<int> found = [];
        foreach (string entry in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out int pid)
                && pid != Environment.ProcessId
                && CommandLineOf(pid).Contains(text, StringComparison.Ordinal))
            {
                found.Add(pid);
            }
        }

        return found;
    }

    /// <summary>Arguments separated by spaces; empty for a process that is gone or a zombie.</summary>
    public static string CommandLineOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ').Trim();
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    public static string ExecutableOf(int pid)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{pid}/exe", returnFinalTarget: false)?.FullName ?? "";
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    public static bool IsRunning(int pid) => CommandLineOf(pid).Length > 0;

    /// <summary>Peak resident memory (VmHWM) in bytes.</summary>
    public static long PeakMemoryBytes(int pid)
    {
        string line = File.ReadLines($"/proc/{pid}/status").First(
            line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        string kibibytes = line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim();
        return long.Parse(kibibytes, CultureInfo.InvariantCulture) * 1024;
    }
}
