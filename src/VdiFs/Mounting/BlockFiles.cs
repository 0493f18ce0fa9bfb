using System.Diagnostics.CodeAnalysis;
using VdiFs.Disks;
using VdiFs.Formats.Vhd.Directory;
using VdiFs.Fuse;
using VdiFs.Tree.Blocks;

namespace VdiFs.Mounting;

/// <summary>
/// The content of the data blocks of one directory: made when it is read, kept while it is among those that were read
/// last. Thread-safe.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no wait handle.")]
internal sealed class BlockFiles(VhdDirectory content, OpenDisk disk)
{
    // As many as readers are at once, and some: each takes about 1 KiB.
    private const int MaxKept = 64;

    private readonly CancellationTokenSource _gone = new();
    private readonly OpenDisk[] _disks = [disk];

    // A block has one place: neighbours do not push each other out.
    private readonly Kept?[] _kept = new Kept?[MaxKept];

    /// <summary>A file that was read just now.</summary>
    public bool TryGet(ulong nodeId, [NotNullWhen(true)] out IFuseFile? file)
    {
        Kept? kept = Volatile.Read(ref _kept[nodeId % MaxKept]);
        file = kept?.NodeId == nodeId ? kept.File : null;
        return file is not null;
    }

    /// <summary>A block's file.</summary>
    public IFuseFile Get(BlockNode node)
    {
        if (TryGet(node.Id, out IFuseFile? ready))
        {
            return ready;
        }

        ImageFile file = new(content.LayOutBlock(node.Block), _disks, node.UsedAs, node.Usage, _gone);
        Volatile.Write(ref _kept[node.Id % MaxKept], new Kept(node.Id, file));
        return file;
    }

    /// <summary>Says that there are no such files any more: reads under way end with ESTALE.</summary>
    public void End() => _gone.Cancel();

    private sealed record Kept(ulong NodeId, ImageFile File);
}
