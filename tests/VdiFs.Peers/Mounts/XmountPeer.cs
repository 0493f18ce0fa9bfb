using VdiFs.Peers.Racing;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Mounts;

/// <summary>xmount, which knows no NBD: it has the image file itself. It has no foreground.</summary>
/// <param name="Format">What it makes of the disk.</param>
internal sealed record XmountPeer(string Format) : IMountPeer
{
    public ServedFile Start(Track track, Source source)
    {
        string directory = track.NewDirectory("mnt");
        string name = Path.GetFileNameWithoutExtension(source.Disk.Path);
        string extension = Format == "raw" ? "dd" : Format;
        return ServedFile.Start(
            track,
            directory,
            Path.Combine(directory, $"{name}.{extension}"),
            "xmount", "--in", "raw", source.Disk.Path, "--out", Format, directory).WithDaemon();
    }
}
