using VdiFs.Peers.Disks;
using VdiFs.Peers.Mounts;
using VdiFs.Peers.Racing;

namespace VdiFs.Peers.Readers;

/// <summary>What is done with a file of a mount.</summary>
internal interface IReader
{
    /// <summary>One timed run, and after it the proof that the bytes were right.</summary>
    Sample Read(Track track, DiskFile disk, ServedFile file);
}
