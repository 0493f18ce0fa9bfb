using VdiFs.Formats.Vhd.Directory;
using VdiFs.Fuse;
using VdiFs.Tree;
using VdiFs.Tree.Blocks;

namespace VdiFs.Mounting;

/// <summary>Who owns the tree and who may look.</summary>
/// <param name="Uid">Owner of everything.</param>
/// <param name="Gid">Group of everything.</param>
/// <param name="FileMode">Permission bits of files; write bits are never shown.</param>
/// <param name="DirectoryMode">Permission bits of directories; write bits are never shown.</param>
internal sealed record Ownership(uint Uid, uint Gid, int FileMode, int DirectoryMode);

/// <summary>What stat(2) shows of nodes.</summary>
/// <param name="ownership">Who owns them.</param>
/// <param name="listsBlocks">Whether directories of disks may list a directory.</param>
internal sealed class NodeAttributes(Ownership ownership, bool listsBlocks = false)
{
    /// <summary>How long the kernel may keep what cannot change while mounted.</summary>
    public static readonly TimeSpan Lasting = TimeSpan.FromDays(1);

    // cp and cat read in this unit: the largest request the kernel sends.
    private const int PreferredBlockSize = 1 << 20;

    private const int PageBytes = 4096;

    // What tools take for "as many directories as there are": telling would mean to open the disk.
    private const uint UntoldLinks = 1;

    private const int WriteBits = 0x92; // 0222

    /// <summary>A directory. How many links it has only looking into it tells: the kernel asks again before it uses
    /// them.</summary>
    public FuseAttributes OfDirectory(DirectoryNode node) =>
        node is DiskNode && !listsBlocks ? OfDirectory(node, directories: 0, Lasting)
        : node is DiskNode or BlocksNode ? OfDirectory(node, directories: 0, Lasting) with { LinkCount = UntoldLinks }
        : node is BlockGroupNode ? OfDirectory(node, directories: 0, Lasting)
        : node.Listing is { } listing ? OfDirectory(node, listing.DirectoryCount, Lasting)
        : OfDirectory(node, directories: 0, TimeSpan.Zero);

    /// <summary>
    /// A file that is shown by its length alone (<see cref="ImageNode.LengthToShow"/>): always with a page less than
    /// all of it in blocks, so that tools ask for holes, and the number stays when they become known.
    /// </summary>
    public FuseAttributes OfFile(ImageNode node, long length) => OfFile(node) with
    {
        Length = length,
        AllocatedBytes = length > PageBytes ? length - PageBytes : length,
        Validity = Lasting,
    };

    /// <summary>The file of a data block: all are the same in this.</summary>
    public FuseAttributes OfFile(BlockNode node) => OfFile((Node)node) with
    {
        Length = VhdDirectory.BlockFileBytes,
        AllocatedBytes = VhdDirectory.BlockFileBytes,
        Validity = Lasting,
    };

    /// <summary>A file whose content is ready.</summary>
    public FuseAttributes OfFile(Node node, IFuseFile file) => OfFile(node) with
    {
        Length = file.Length,
        AllocatedBytes = file is ImageFile image ? image.AllocatedBytes : file.Length,
        Validity = file.IsImmutable ? Lasting : TimeSpan.Zero,
    };

    /// <summary>A file whose length nobody has needed yet: the kernel asks again before it uses it.</summary>
    public FuseAttributes OfFile(Node node) => new()
    {
        Node = new NodeId(node.Id),
        Type = FuseFileType.Regular,
        Permissions = ownership.FileMode & ~WriteBits,
        Uid = ownership.Uid,
        Gid = ownership.Gid,
        LinkCount = 1,
        PreferredBlockSize = PreferredBlockSize,
        ModifiedTime = node.ModifiedTime,
        BirthTime = node.ModifiedTime,
        Validity = TimeSpan.Zero,
    };

    private FuseAttributes OfDirectory(DirectoryNode node, int directories, TimeSpan validity) => new()
    {
        Node = new NodeId(node.Id),
        Type = FuseFileType.Directory,
        Permissions = ownership.DirectoryMode & ~WriteBits,
        Uid = ownership.Uid,
        Gid = ownership.Gid,
        LinkCount = (uint)(2 + directories),
        PreferredBlockSize = FuseStatistics.BlockSizeBytes,
        ModifiedTime = node.ModifiedTime,
        BirthTime = node.ModifiedTime,
        Validity = validity,
    };
}
