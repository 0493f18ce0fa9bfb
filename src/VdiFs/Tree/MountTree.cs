using VdiFs.Disks;
using VdiFs.Formats;

namespace VdiFs.Tree;

/// <summary>The names of a mount: a directory per disk, in it a file per format. Fixed once built.</summary>
internal sealed class MountTree
{
    /// <summary>The directory of the mount's own files: found by name, never listed, so that a copy of the tree does
    /// not contain a file that changes all the time.</summary>
    public const string OwnDirectory = ".vdifs";

    private readonly Dictionary<ulong, Node> _nodes = [];
    private readonly NodeIds _ids = new();

    private MountTree(IReadOnlyList<DiskEntry> disks, DateTimeOffset mountTime)
    {
        Disks = disks;
        DateTimeOffset newest = disks.Max(disk => disk.Identity.SnapshotTime);
        Root = Register(new DirectoryNode(NodeIds.Root, "", newest + InformationNode.Newer));
        Own = Register(new DirectoryNode(_ids.For(OwnDirectory), OwnDirectory, mountTime));
        Own.PutInto(Root);
        Own.Add(Register(new StatusNode(_ids.For(StatusNode.FileName), mountTime)));
    }

    /// <summary>The disks that the tree shows.</summary>
    public IReadOnlyList<DiskEntry> Disks { get; }

    public DirectoryNode Root { get; }

    /// <summary>How many nodes the tree has.</summary>
    public int Count => _nodes.Count;

    private DirectoryNode Own { get; }

    /// <summary>Names everything.</summary>
    /// <param name="disks">At least one disk.</param>
    /// <param name="listed">The formats that directories list.</param>
    /// <param name="mountTime">The time that the mount's own files bear.</param>
    public static MountTree Build(
        IReadOnlyList<DiskEntry> disks, IReadOnlySet<ImageFormat> listed, DateTimeOffset mountTime)
    {
        var tree = new MountTree(disks, mountTime);
        foreach (DiskEntry disk in disks)
        {
            tree.AddDisk(disk, listed);
        }

        return tree;
    }

    public Node? Find(ulong id) => _nodes.GetValueOrDefault(id);

    /// <summary>Finds a name in a directory, also one that is not listed.</summary>
    public Node? Find(DirectoryNode directory, string name) =>
        directory == Root && name == OwnDirectory ? Own : directory.Find(name);

    /// <summary>What a directory lists now.</summary>
    public static IEnumerable<Node> List(DirectoryNode directory) =>
        directory.Children.Where(node => node is not ImageNode image || image.IsListed);

    private void AddDisk(DiskEntry disk, IReadOnlySet<ImageFormat> listed)
    {
        Guid uuid = disk.Identity.Uuid;
        string name = NodeNames.Unique(disk.Name, uuid, Root.Has);
        DateTimeOffset time = disk.Identity.SnapshotTime + InformationNode.Newer;
        DirectoryNode directory = Register(new DirectoryNode(_ids.For(uuid, "."), name, time));
        Root.Add(directory);
        foreach (ImageFormat format in ImageFormats.All)
        {
            ulong id = _ids.For(uuid, $"{format.Name}.{ImageFormat.LayoutVersion}");
            directory.Add(Register(new ImageNode(id, disk, format, listed.Contains(format))));
        }

        directory.Add(Register(new InformationNode(_ids.For(uuid, InformationNode.FileName), disk)));
    }

    private TNode Register<TNode>(TNode node)
        where TNode : Node
    {
        _nodes.Add(node.Id, node);
        return node;
    }
}
