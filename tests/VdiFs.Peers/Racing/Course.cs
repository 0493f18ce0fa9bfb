using VdiFs.EndToEnd.Harness;
using VdiFs.Peers.Disks;

namespace VdiFs.Peers.Racing;

/// <summary>What all runs share: the options and the disks, each made when first asked for.</summary>
internal sealed class Course(Bench bench, PeersOptions options)
{
    private readonly Dictionary<string, DiskFile> _disks = [];

    public PeersOptions Options => options;

    /// <summary>The disk of this name, made by <paramref name="make"/> the first time.</summary>
    public DiskFile Disk(string name, Func<Bench, string, DiskFile> make)
    {
        if (!_disks.TryGetValue(name, out DiskFile? disk))
        {
            disk = make(bench, name);
            _disks.Add(name, disk);
        }

        return disk;
    }
}
