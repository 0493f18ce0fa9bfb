using System.Globalization;

namespace VdiFs.Chaos.Watch;

/// <summary>A control group (version 1 or 2) that limits the memory of a process; Dispose removes it.</summary>
internal sealed class MemoryGroup : IDisposable
{
    private const string First = "/sys/fs/cgroup/memory";
    private const string Second = "/sys/fs/cgroup";
    private readonly string _directory;
    private readonly string _parent;
    private readonly int _pid;

    private MemoryGroup(string parent, int pid)
    {
        _parent = parent;
        _pid = pid;
        string name = string.Create(CultureInfo.InvariantCulture, $"vdifs-{Environment.ProcessId}");
        _directory = Path.Combine(parent, name);
    }

    /// <summary>Processes that the kernel killed because of the limit.</summary>
    public long Kills => long.Parse(
        File.ReadLines(Path.Combine(_directory, IsFirst ? "memory.oom_control" : "memory.events"))
            .First(line => line.StartsWith("oom_kill ", StringComparison.Ordinal)).Split(' ')[1],
        CultureInfo.InvariantCulture);

    private bool IsFirst => _parent == First;

    public static MemoryGroup Hold(int pid, long limitBytes)
    {
        var group = new MemoryGroup(Directory.Exists(First) ? First : Second, pid);
        Directory.CreateDirectory(group._directory);
        string limit = limitBytes.ToString(CultureInfo.InvariantCulture);
        string file = group.IsFirst ? "memory.limit_in_bytes" : "memory.max";
        File.WriteAllText(Path.Combine(group._directory, file), limit);
        group.Move(group._directory);
        return group;
    }

    public void Dispose()
    {
        if (Directory.Exists($"/proc/{_pid}"))
        {
            Move(_parent);
        }

        Directory.Delete(_directory);
    }

    private void Move(string directory) =>
        File.WriteAllText(Path.Combine(directory, "cgroup.procs"), _pid.ToString(CultureInfo.InvariantCulture));
}
