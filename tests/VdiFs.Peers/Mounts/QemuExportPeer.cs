using VdiFs.Peers.Racing;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Mounts;

/// <summary>qemu-storage-daemon's FUSE export, which is mounted on a file.</summary>
internal sealed record QemuExportPeer : IMountPeer
{
    public ServedFile Start(Track track, Source source)
    {
        string file = Path.Combine(track.NewDirectory("mnt"), "disk");
        File.WriteAllText(file, "");
        return ServedFile.Start(
            track,
            file,
            file,
            "qemu-storage-daemon",
            "--blockdev",
            $"driver=nbd,node-name=disk,read-only=on,server.type=unix,server.path={source.Socket}",
            "--export",
            $"type=fuse,id=fuse,node-name=disk,mountpoint={file},writable=off");
    }
}
