using VdiFs.EndToEnd.Harness.Servers;
using VdiFs.Peers.Disks;
using VdiFs.Peers.Racing;

namespace VdiFs.Peers.Servers;

/// <summary>nbdkit on a unix socket, between a disk and every contestant.</summary>
internal static class NbdkitSource
{
    private const string SocketName = "nbd.sock";
    private const UnixFileMode Everybody = (UnixFileMode)0b110_110_110;

    /// <summary>Serves the disk from tmpfs as fast as nbdkit can.</summary>
    public static Source Start(Track track, DiskFile disk) => Start(track, disk, [], []);

    /// <summary>Serves the disk through filters.</summary>
    /// <param name="track">The place.</param>
    /// <param name="disk">The disk.</param>
    /// <param name="options">Options and filters, in order.</param>
    /// <param name="parameters">The filters' own.</param>
    /// <param name="socketName">The socket's name, so that there can be several.</param>
    public static Source Start(
        Track track,
        DiskFile disk,
        IReadOnlyList<string> options,
        IReadOnlyList<string> parameters,
        string socketName = SocketName) =>
        Serve(track, disk, socketName, [.. options, "file", disk.Path, .. parameters]);

    /// <summary>Serves every file of a folder under its name.</summary>
    public static Source StartFolder(Track track, DiskFile folder) =>
        Serve(track, folder, SocketName, ["file", $"dir={folder.Path}"]);

    private static Source Serve(Track track, DiskFile disk, string socketName, IReadOnlyList<string> arguments)
    {
        string socket = track.Bench.PathOf(socketName);
        string[] command = [.. track.ServerPrefix, "nbdkit", "-f", "-r", "-U", socket, .. arguments];
        NbdServer server = NbdServer.OnSocket(track.Bench, socket, command[0], command[1..]);
        File.SetUnixFileMode(socket, Everybody);
        track.Servers.Add(server.Pid);
        return new Source(server, disk, server.Uri, socket);
    }
}
