using System.Globalization;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Mounts;

/// <summary>libnbd's nbdfuse.</summary>
internal sealed record NbdfusePeer(int Connections) : IMountPeer
{
    public ServedFile Start(Track track, Source source)
    {
        string directory = track.NewDirectory("mnt");
        string file = Path.Combine(directory, "nbd");
        string connections = Connections.ToString(CultureInfo.InvariantCulture);
        return ServedFile.Start(track, directory, file, "nbdfuse", "-r", "-C", connections, file, source.Uri);
    }
}
