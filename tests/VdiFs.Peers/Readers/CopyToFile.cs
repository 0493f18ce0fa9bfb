using VdiFs.Peers.Disks;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Timing;

namespace VdiFs.Peers.Readers;

/// <summary>cp to tmpfs, which skips the holes that the file tells of.</summary>
/// <param name="Judge">Compares the copy with the disk.</param>
internal sealed record CopyToFile(Action<Track, DiskFile, string> Judge) : IReader
{
    public Sample Read(Track track, DiskFile disk, ServedFile file)
    {
        string copy = track.Bench.PathOf("copy");
        Reading reading = Stopclock.Time(track, file, ["cp", file.Path, copy]);
        Judge(track, disk, copy);
        File.Delete(copy);
        return reading.Transfer(disk.Size);
    }
}
