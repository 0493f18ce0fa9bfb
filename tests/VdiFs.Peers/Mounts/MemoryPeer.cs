using System.Globalization;
using VdiFs.EndToEnd.Harness;
using VdiFs.Peers.MemoryMount;
using VdiFs.Peers.Racing;
using VdiFs.Peers.Servers;

namespace VdiFs.Peers.Mounts;

/// <summary>No peer, but the ceiling: the product's FUSE server with a file in memory.</summary>
/// <param name="FileName">Which of the product's files it holds, taken from a mount of it before; null: the disk's own
/// bytes.</param>
/// <param name="Bytes">How much of the file it holds at most.</param>
internal sealed record MemoryPeer(string? FileName = null, long Bytes = long.MaxValue) : IMountPeer
{
    public ServedFile Start(Track track, Source source)
    {
        using ServedFile? original = FileName is null ? null : new VdifsMountPeer(FileName).Start(track, source);
        string directory = track.NewDirectory("memory");
        ServedFile file = ServedFile.Start(
            track,
            directory,
            Path.Combine(directory, MemoryTree.FileName),
            [
                Environment.ProcessPath!, MemoryServer.Command, directory, original?.Path ?? source.Disk.Path,
                Bytes.ToString(CultureInfo.InvariantCulture),
            ]);
        Compile(file);
        return file;
    }

    // Not compiled ahead as the product is: some reads before those that count, past the page cache.
    private static void Compile(ServedFile file) =>
        Command.Ok("dd", $"if={file.Path}", "of=/dev/null", "bs=1M", "count=64", "iflag=direct");
}
