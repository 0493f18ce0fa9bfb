using VdiFs.Peers.Disks;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Servers;
using VdiFs.Peers.Timing;

namespace VdiFs.Peers.Workloads;

/// <summary>Several readers of one mount, and what they cost the server.</summary>
/// <param name="Peer">Who mounts.</param>
/// <param name="Files">What is read, a file per reader.</param>
/// <param name="Checks">Commands that succeed when the files hold the disk.</param>
internal sealed record SharedMount(
    IMountPeer Peer,
    Func<ServedFile, IReadOnlyList<string>> Files,
    Func<DiskFile, ServedFile, IReadOnlyList<IReadOnlyList<string>>> Checks)
{
    public Sample Run(Track track, DiskFile disk, TimeSpan apart)
    {
        var counted = CountedSource.Start(track, disk);
        ServedFile file = Peer.Start(track, counted.Source);
        Reading reading = Stopclock.Time(
            track,
            file,
            apart,
            [.. Files(file).Select(path => (string[])["dd", $"if={path}", "of=/dev/null", "bs=1M"])]);
        file.Dispose();
        Sample sample = reading.Transfer(disk.Size * Files(file).Count);
        sample[Figure.Fetched] = (double)counted.StopAndCount() / disk.Allocated;
        Check(track, disk, apart);
        return sample;
    }

    // At a server and a mount of their own, as these reads would be counted too; but together, as the timed ones were.
    private void Check(Track track, DiskFile disk, TimeSpan apart)
    {
        ServedFile file = Peer.Start(track, NbdkitSource.Start(track, disk));
        _ = Stopclock.Time(track, file, apart, Checks(disk, file));
    }
}
