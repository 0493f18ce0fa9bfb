using VdiFs.Peers.Racing;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Mounts;

/// <summary>A program that shows a disk as a file.</summary>
internal interface IMountPeer
{
    /// <summary>Starts it in the foreground; the file can be read as soon as it is mounted.</summary>
    ServedFile Start(Track track, Source source);
}
