using VdiFs.EndToEnd.Harness;
using VdiFs.Peers.Disks;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Mounts;

/// <summary>The product.</summary>
/// <param name="FileName">Which of its files.</param>
/// <param name="Options">Of `vdifs mount`, beside the defaults.</param>
internal sealed record VdifsMountPeer(
    string FileName = VdifsMountPeer.RawName, params IReadOnlyList<string> Options) : IMountPeer
{
    public const string RawName = "disk.raw";

    /// <summary>Where the only disk of a server without export names shows.</summary>
    private const string Folder = "default";

    public ServedFile Start(Track track, Source source) => Mount(track, source.Uri, Folder, FileName, Options);

    /// <summary>Mounts the disk's own file, without a server.</summary>
    public static ServedFile OfFile(Track track, DiskFile disk, params IReadOnlyList<string> options) =>
        Mount(track, disk.Path, Path.GetFileName(disk.Path), RawName, options);

    private static ServedFile Mount(
        Track track, string source, string folder, string fileName, IReadOnlyList<string> options)
    {
        string directory = track.NewDirectory("mnt");
        return ServedFile.Start(
            track,
            directory,
            Path.Combine(directory, folder, fileName),
            [RunRoot.Vdifs, "mount", source, directory, "--foreground", .. options]);
    }
}
