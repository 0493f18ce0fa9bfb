using VdiFs.EndToEnd.Harness;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Mounts;

/// <summary>The product.</summary>
/// <param name="FileName">Which of its files.</param>
/// <param name="Options">Of `vdifs mount`, beside the defaults.</param>
internal sealed record VdifsMountPeer(string FileName = "disk.raw", params IReadOnlyList<string> Options) : IMountPeer
{
    /// <summary>Where the only disk of a server without export names shows.</summary>
    private const string Folder = "default";

    public ServedFile Start(Track track, Source source)
    {
        string directory = track.NewDirectory("mnt");
        return ServedFile.Start(
            track,
            directory,
            Path.Combine(directory, Folder, FileName),
            [RunRoot.Vdifs, "mount", source.Uri, directory, "--foreground", .. Options]);
    }
}
