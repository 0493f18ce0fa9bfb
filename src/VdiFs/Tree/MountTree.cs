using System.Collections.Concurrent;
using VdiFs.Disks;
using VdiFs.Disks.Catalogs;
using VdiFs.Formats;
using VdiFs.Formats.Vhd.Directory;
using VdiFs.Tree.Blocks;

namespace VdiFs.Tree;

/// <summary>
/// The names of a mount: the catalog's directories, in them a directory per disk, in that a file per format. Grows as
/// it is looked at, and follows the catalog. Thread-safe; whoever only finds what is there waits for nobody.
/// </summary>
internal sealed class MountTree
{
    /// <summary>The directory of the mount's own files: found by name, never listed, so that a copy of the tree does
    /// not contain a file that changes all the time.</summary>
    public const string OwnDirectory = ".vdifs";

    /// <summary>How many files the directory of a disk has, those that are not listed included, and directories not.
    /// </summary>
    public static readonly int FilesOfADisk = ImageFormats.All.Count + 1;

    private readonly ConcurrentDictionary<ulong, Node> _nodes = new();
    private readonly NodeIds _ids;
    private readonly IReadOnlySet<ImageFormat> _listed;
    private readonly FolderReader _folders;
    private readonly BlockRanges _ranges = new();
    private readonly VhdFolderReader _vhds;
    private readonly OwnNode _own;

    // Held for arithmetic in memory alone. Guards _disks, and every listing that is made or replaced.
    private readonly Lock _gate = new();
    private readonly Dictionary<DiskEntry, DirectoryListing> _disks = [];

    /// <summary>Names nothing yet but the root and the mount's own files.</summary>
    /// <param name="root">The catalog's root.</param>
    /// <param name="listed">The formats that directories list.</param>
    /// <param name="mountTime">The time that the mount's own files bear.</param>
    public MountTree(CatalogFolder root, IReadOnlySet<ImageFormat> listed, DateTimeOffset mountTime)
    {
        _ids = new NodeIds(id => _nodes.ContainsKey(id) || _ranges.Contains(id));
        _vhds = new VhdFolderReader(_ids, _ranges, node => Register(node), _nodes.Select(node => node.Key));
        _folders = new FolderReader(
            _ids, listed.Any(format => format.Name == MachineNode.FormatName), node => Register(node), Retire);
        _listed = listed;
        Root = Register(new FolderNode(NodeIds.Root, keyPath: "", root));
        _own = Register(new OwnNode(_ids.For(OwnDirectory), mountTime));
        _own.PutInto(Root);
        StatusNode status = Register(new StatusNode(_ids.For(StatusNode.FileName), mountTime));
        status.PutInto(_own);
        _own.Show(new DirectoryListing(
            [new NamedNode(StatusNode.FileName, status, Position: 0, SiblingKey.OfFile(StatusNode.FileName))], 1));
    }

    public FolderNode Root { get; }

    /// <summary>How many nodes the tree has so far.</summary>
    public int Count => _nodes.Count;

    /// <summary>The node of an id; of a data block, one that is made for the caller.</summary>
    public Node? Find(ulong id) => _nodes.GetValueOrDefault(id) ?? FindBlocks(id)?.Find(id);

    /// <summary>The directory of data blocks that something below it has this id; null if there is none.</summary>
    public BlocksNode? FindBlocks(ulong id) => _ranges.Find(id);

    /// <summary>Finds a name in a directory, also one that is not listed. Of a directory of data blocks, the content
    /// must be known.</summary>
    public Node? Find(DirectoryNode directory, string name) => directory switch
    {
        BlockDirectoryNode blocks => blocks.Find(name),
        DiskNode disk when name == VhdDirectory.ParentName => DataOf(disk),
        _ when directory == Root && name == OwnDirectory => _own,
        _ => Read(directory).Find(name),
    };

    /// <summary>What a directory lists now, from a position on. Of a directory of data blocks, the content must be
    /// known.</summary>
    public IEnumerable<NamedNode> List(DirectoryNode directory, long position)
    {
        if (directory is BlockDirectoryNode blocks)
        {
            return blocks.List(position);
        }

        DirectoryListing listing = Read(directory);
        IEnumerable<NamedNode> named = listing.From(position).Where(entry => entry.Node.IsListed);
        return directory is DiskNode disk && position <= listing.NextPosition && ListsBlocks(listing)
            && DataOf(disk) is { } data
            ? named.Append(new NamedNode(
                VhdDirectory.ParentName,
                data,
                listing.NextPosition,
                SiblingKey.OfFile(VhdDirectory.ParentName)))
            : named;
    }

    /// <summary>What lies in a directory; found out now if nobody has looked into it yet.</summary>
    public DirectoryListing Read(DirectoryNode directory)
    {
        if (directory.Listing is { } known)
        {
            return known;
        }

        lock (_gate)
        {
            DirectoryListing listing = directory.Listing ?? directory switch
            {
                { IsGone: true } => DirectoryListing.Empty,
                FolderNode folder => _folders.Read(folder, new TreeChanges()),
                DiskNode disk => FilesOf(disk),
                DataNode data => _vhds.Read(data),
                VhdNode vhd => _vhds.Read(vhd),
                _ => DirectoryListing.Empty,
            };
            directory.Show(listing);
            return listing;
        }
    }

    /// <summary>Every disk once, with the first path to it. Looks into the whole tree.</summary>
    public IReadOnlyList<(string Path, DiskEntry Disk)> FindDisks()
    {
        List<(string Path, DiskEntry Disk)> found = [];
        var seen = new HashSet<DiskEntry>();
        var rest = new Stack<(string Path, NamedNode Entry)>();
        void Open(string path, FolderNode folder)
        {
            foreach (NamedNode entry in Read(folder).Entries.Reverse())
            {
                rest.Push((path, entry));
            }
        }

        Open("", Root);
        while (rest.TryPop(out (string Path, NamedNode Entry) next))
        {
            string path = next.Path + next.Entry.Name;
            if (next.Entry.Node is FolderNode folder)
            {
                Open(path + "/", folder);
            }
            else if (next.Entry.Node is DiskNode disk && seen.Add(disk.Disk))
            {
                found.Add((path, disk.Disk));
            }
        }

        return found;
    }

    /// <summary>Follows the catalog: everything that was looked at becomes what it is there now.</summary>
    /// <param name="root">The catalog's root.</param>
    /// <param name="disks">The catalog's disks, read after its root: of a disk that is not among them nothing is
    /// left.</param>
    /// <returns>What the kernel must be told.</returns>
    public TreeChanges Update(CatalogFolder root, IReadOnlyList<DiskEntry> disks)
    {
        var changes = new TreeChanges();
        lock (_gate)
        {
            // First, so that what comes in the place of a disk gets the same ids.
            RetireDisks(disks, changes);
            _folders.Follow(Root, root, changes);
        }

        return changes;
    }

    // With its alias: neither is of use alone.
    private static bool ListsBlocks(DirectoryListing files) =>
        files.Entries.Any(entry => entry.Node is ImageNode { IsListed: true, Format: var format }
            && format.Name == VhdDirectory.FormatName);

    private DataNode? DataOf(DiskNode disk)
    {
        lock (_gate)
        {
            if (disk is { Data: null, IsGone: false })
            {
                disk.Show(_vhds.Make(disk));
            }

            return disk.Data;
        }
    }

    private void RetireDisks(IReadOnlyList<DiskEntry> disks, TreeChanges changes)
    {
        var known = new HashSet<DiskEntry>(disks);
        foreach ((DiskEntry disk, DirectoryListing files) in _disks.Where(pair => !known.Contains(pair.Key)).ToList())
        {
            _disks.Remove(disk);
            foreach (NamedNode file in files.Entries)
            {
                Retire(file.Node, changes);
            }
        }
    }

    private DirectoryListing FilesOf(DiskNode directory)
    {
        if (!_disks.TryGetValue(directory.Disk, out DirectoryListing? files))
        {
            files = MakeFiles(directory.Disk);
            _disks.Add(directory.Disk, files);
        }

        foreach (NamedNode file in files.Entries)
        {
            file.Node.PutInto(directory);
        }

        return files;
    }

    private DirectoryListing MakeFiles(DiskEntry disk)
    {
        List<NamedNode> files = [];
        void Add(string name, Node node) =>
            files.Add(new NamedNode(name, Register(node), files.Count, SiblingKey.OfFile(name)));

        foreach (ImageFormat format in ImageFormats.All)
        {
            ulong id = _ids.ForFile(disk, $"{format.Name}.{ImageFormat.LayoutVersion}");
            Add(format.FileName, new ImageNode(id, disk, format, _listed.Contains(format)));
        }

        ulong information = _ids.ForFile(disk, InformationNode.FileName);
        Add(InformationNode.FileName, new InformationNode(information, disk));
        return new DirectoryListing([.. files], files.Count);
    }

    private TNode Register<TNode>(TNode node)
        where TNode : Node
    {
        _nodes[node.Id] = node;
        return node;
    }

    private void Retire(Node node, TreeChanges changes)
    {
        node.Retire();
        _nodes.TryRemove(new KeyValuePair<ulong, Node>(node.Id, node));
        changes.Gone.Add(node);
        switch (node)
        {
            case DiskNode { Data: { } data } disk:
                disk.Show(data: null);
                Retire(data, changes);
                break;
            case BlocksNode blocks:
                _ranges.Remove(blocks);
                break;
            case DataNode or VhdNode:
                foreach (NamedNode entry in ((DirectoryNode)node).Listing?.Entries ?? [])
                {
                    Retire(entry.Node, changes);
                }

                break;
        }
    }
}
