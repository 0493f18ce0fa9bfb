using System.Text.Json;

namespace VdiFs.EndToEnd.Harness;

/// <summary>A tree mounted by the daemon: `vdifs mount` returned, so it must be readable.</summary>
internal sealed class VdifsMount : IDisposable
{
    private readonly Bench _bench;

    private VdifsMount(Bench bench, string source, string directory)
    {
        _bench = bench;
        Source = source;
        Directory = directory;
    }

    public string Source { get; }

    public string Directory { get; }

    /// <summary>Mounts a source, which must succeed without a word, on the bench's directory `mnt`.</summary>
    public static VdifsMount Start(Bench bench, string source, params IEnumerable<string> options) =>
        StartAt(bench, MountTable.IsMountPoint(bench.PathOf("mnt")) ? bench.PathOf("mnt") : bench.NewDirectory("mnt"), source, options);

    public static VdifsMount StartAt(
        Bench bench, string directory, string source, params IEnumerable<string> options) =>
        StartBy(bench, directory, source, RunRoot.Vdifs, ["mount", source, directory, .. options]);

    /// <summary>As <see cref="StartAt"/>, by a daemon that lives in another time zone.</summary>
    public static VdifsMount StartInTimeZone(
        Bench bench, string timeZone, string directory, string source, params IEnumerable<string> options) =>
        StartBy(
            bench, directory, source, "env", [$"TZ={timeZone}", RunRoot.Vdifs, "mount", source, directory, .. options]);

    /// <summary>As <see cref="Start"/>, by a daemon that is a member of a group.</summary>
    public static VdifsMount StartIn(
        MemoryGroup group, Bench bench, string source, params IEnumerable<string> options)
    {
        const string Join = "echo $$ >\"$0\" && exec \"$@\"";
        string directory = bench.NewDirectory("mnt");
        return StartBy(
            bench, directory, source, "bash",
            ["-c", Join, group.MembersFile, RunRoot.Vdifs, "mount", source, directory, .. options]);
    }

    /// <summary>The folder of an export; an empty export name shows as `default`.</summary>
    public string Export(string name = "default") => Path.Combine(Directory, name);

    public string File(string name, string export = "default") => Path.Combine(Directory, export, name);

    /// <summary>What status.json says of the only disk.</summary>
    public JsonElement DiskStatus()
    {
        string text = System.IO.File.ReadAllText(Path.Combine(Directory, ".vdifs", "status.json"));
        return Assert.Single(JsonDocument.Parse(text).RootElement.GetProperty("disks").EnumerateArray());
    }

    /// <summary>What info.json says of an export.</summary>
    public JsonElement Information(string export = "default") =>
        JsonDocument.Parse(System.IO.File.ReadAllText(File("info.json", export))).RootElement;

    /// <summary>The daemon's process id.</summary>
    public int DaemonPid => Assert.Single(DaemonPids());

    /// <summary>Unmounts with `vdifs umount`, and waits until the daemon is gone.</summary>
    public void Unmount()
    {
        Command.Ok(RunRoot.Vdifs, "umount", Directory);
        AssertEnded();
    }

    /// <summary>The mount and its daemon are gone.</summary>
    public void AssertEnded()
    {
        Wait.Until(() => !MountTable.IsMountPoint(Directory), $"{Directory} is unmounted");
        Wait.Until(() => DaemonPids().Count == 0, $"the daemon of {Directory} has ended");
    }

    public void Dispose()
    {
        if (!MountTable.IsMountPoint(Directory))
        {
            return;
        }

        CommandResult result = Command.Run(RunRoot.Vdifs, "umount", Directory);
        bool ended = result.ExitCode == 0 && Wait.TryUntil(() => DaemonPids().Count == 0);
        if (MountTable.IsMountPoint(Directory))
        {
            Command.Run("umount", "-l", Directory);
        }

        foreach (int pid in DaemonPids())
        {
            _ = Native.Kill(pid, Native.Sigkill);
        }

        Assert.True(ended, $"the mount did not end cleanly: {result}");
    }

    private static VdifsMount StartBy(
        Bench bench, string directory, string source, string command, IEnumerable<string> arguments)
    {
        VdifsMount mount = new(bench, source, directory);
        bench.Own(mount);
        CommandResult result = Command.Run(command, arguments);
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("", result.Error);
        Assert.True(
            MountTable.IsMountPoint(directory), $"{directory} is not mounted although this succeeded: {result}");
        return mount;
    }

    private IReadOnlyList<int> DaemonPids() =>
        [.. ProcessTable.Mentioning(_bench.Directory + "/")
            .Where(pid => ProcessTable.ExecutableOf(pid) == RunRoot.Vdifs
                && ProcessTable.CommandLineOf(pid).Contains(Directory, StringComparison.Ordinal))];
}
