using System.Globalization;

namespace VdiFs.Fuse.Device;

/// <summary>
/// Who holds a mount, found by links alone: reading /proc/PID/fd/N asks no file system, so this works for the daemon
/// that serves the mount, and for one that is dead.
/// </summary>
internal static class HolderSearch
{
    /// <summary>More are not worth naming.</summary>
    public const int MaxHolders = 16;

    public static List<MountHolder> Find(string canonicalPath)
    {
        List<MountHolder> holders = [];
        foreach (string process in Directory.EnumerateDirectories("/proc"))
        {
            if (holders.Count >= MaxHolders)
            {
                return holders;
            }

            string name = Path.GetFileName(process);
            if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int processId)
                && FindHold(process, canonicalPath) is { } what)
            {
                holders.Add(new MountHolder(processId, CommandOf(process), what));
            }
        }

        AddLoopDevices(holders, canonicalPath);
        holders.AddRange(MountTable.Read()
            .Where(entry => entry.MountPoint.StartsWith(canonicalPath + "/", StringComparison.Ordinal))
            .Select(entry => new MountHolder(0, entry.MountPoint, "mounted below it")));
        return holders;
    }

    private static string? FindHold(string process, string path)
    {
        if (IsInside(SystemPath.ReadLink($"{process}/cwd"), path))
        {
            return "working directory";
        }

        if (IsInside(SystemPath.ReadLink($"{process}/root"), path))
        {
            return "root directory";
        }

        try
        {
            // The listing of fd would do, but listing links in .NET follows each: a stat of every open file of the
            // machine, ours and those on other hung mounts among them. fdinfo has the same names, as plain files.
            foreach (string descriptor in Directory.EnumerateFiles($"{process}/fdinfo"))
            {
                string? target = SystemPath.ReadLink($"{process}/fd/{Path.GetFileName(descriptor)}");
                if (IsInside(target, path))
                {
                    return $"open file {target}";
                }
            }

            // The sixth column of a mapping is its file.
            string? mapping = File.ReadLines($"{process}/maps").FirstOrDefault(
                line => line.IndexOf('/', StringComparison.Ordinal) is > 0 and int start
                    && IsInside(line[start..], path));
            return mapping is null ? null : $"mapped file {mapping[mapping.IndexOf('/', StringComparison.Ordinal)..]}";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another user's process, or one that has just ended.
            return null;
        }
    }

    private static void AddLoopDevices(List<MountHolder> holders, string path)
    {
        if (!Directory.Exists("/sys/block"))
        {
            return;
        }

        foreach (string device in Directory.EnumerateFileSystemEntries("/sys/block", "loop*"))
        {
            string file = ReadFirstLine($"{device}/loop/backing_file");
            if (IsInside(file, path))
            {
                holders.Add(new MountHolder(0, $"/dev/{Path.GetFileName(device)}", $"loop device on {file}"));
            }
        }
    }

    private static string CommandOf(string process)
    {
        string name = ReadFirstLine($"{process}/comm");
        return name.Length == 0 ? "?" : name;
    }

    private static string ReadFirstLine(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadLines(path).FirstOrDefault() ?? "" : "";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static bool IsInside(string? target, string path) =>
        target is not null && target.StartsWith(path, StringComparison.Ordinal)
        && (target.Length == path.Length || target[path.Length] == '/');
}
