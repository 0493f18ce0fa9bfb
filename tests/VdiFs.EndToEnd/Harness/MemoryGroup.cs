using System.Globalization;

namespace VdiFs.EndToEnd.Harness;

/// <summary>A group of processes that has only so much memory (cgroup, of either version).</summary>
internal sealed class MemoryGroup : IDisposable
{
    private const string Version1 = "/sys/fs/cgroup/memory";
    private const string Version2 = "/sys/fs/cgroup";

    private readonly string _directory;

    private MemoryGroup(string directory) => _directory = directory;

    /// <summary>Processes join by writing their id here.</summary>
    public string MembersFile => Path.Combine(_directory, "cgroup.procs");

    /// <summary>Makes a group; skips the test where nobody may.</summary>
    public static MemoryGroup Create(Bench bench, long limitBytes)
    {
        bool isVersion1 = Directory.Exists(Version1);
        string directory = Path.Combine(isVersion1 ? Version1 : Version2, $"vdifs-{Guid.NewGuid():N}");
        string limit = Path.Combine(directory, isVersion1 ? "memory.limit_in_bytes" : "memory.max");
        try
        {
            Directory.CreateDirectory(directory);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"no group of processes can be made here: {exception.Message}");
        }

        MemoryGroup group = new(directory);
        bench.Own(group);
        Assert.SkipUnless(File.Exists(limit), "groups of processes have no memory limits here");
        File.WriteAllText(limit, limitBytes.ToString(CultureInfo.InvariantCulture));
        return group;
    }

    public void Dispose() => Wait.Until(IsRemoved, $"{_directory} has no members any more");

    private bool IsRemoved()
    {
        try
        {
            Directory.Delete(_directory);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
