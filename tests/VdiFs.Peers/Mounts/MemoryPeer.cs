using System.Globalization;
using VdiFs.Peers.MemoryMount;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Mounts;

/// <summary>No peer, but the limit: the product's FUSE server with a file in memory.</summary>
/// <param name="Bytes">How much of the disk the file has.</param>
internal sealed record MemoryPeer(long Bytes) : IMountPeer
{
    public ServedFile Start(Track track, Source source)
    {
        string directory = track.NewDirectory("mnt");
        return ServedFile.Start(
            track,
            directory,
            Path.Combine(directory, MemoryTree.FileName),
            [
                Environment.ProcessPath!, MemoryServer.Command, directory, source.Disk.Path,
                Bytes.ToString(CultureInfo.InvariantCulture),
            ]);
    }
}
