using VdiFs.Formats;
using VdiFs.Formats.Vhd.Directory;

namespace VdiFs.Tree.Blocks;

/// <summary>
/// Makes VHD directories down to their blocks, when somebody looks: names that are always the same. Not thread-safe: the
/// tree's lock is held.
/// </summary>
/// <param name="ids">Makes the ids of new nodes.</param>
/// <param name="ranges">Has the ranges of ids of blocks.</param>
/// <param name="register">Lets a new node be found by its id.</param>
/// <param name="others">The ids of all nodes that are registered.</param>
internal sealed class VhdFolderReader(
    NodeIds ids, BlockRanges ranges, Action<Node> register, IEnumerable<ulong> others)
{
    /// <summary>The directory beside the files of a disk at one of its places.</summary>
    public DataNode Make(DiskNode place)
    {
        DataNode data = new(IdOf(place, VhdDirectory.ParentName), place);
        Put(data, place);
        return data;
    }

    /// <summary>What lies in the directory that the alias names a directory of.</summary>
    public DirectoryListing Read(DataNode directory) => ListingOf(
        directory,
        [
            (VhdDirectory.OwnName,
                new VhdNode(IdOf(directory.Place, VhdDirectory.OwnName), directory.Place, directory.Disk)),
        ]);

    /// <summary>What lies in a VHD directory.</summary>
    public DirectoryListing Read(VhdNode directory)
    {
        DiskNode place = directory.Place;
        BlockIdRange range = ranges.FindFree(IdOf(place, VhdDirectory.BlocksName + "/"), others);
        BlocksNode blocks = new(IdOf(place, VhdDirectory.BlocksName), range, directory.Disk);
        ranges.Add(blocks);
        return ListingOf(
            directory,
            [
                .. VhdDirectory.RecordNames.Select(
                    name => (name, (Node)new VhdRecordNode(IdOf(place, name), directory.Disk, name))),
                (VhdDirectory.BlocksName, blocks),
            ]);
    }

    private ulong IdOf(DiskNode place, string name) =>
        ids.ForPart(place, $"{VhdDirectory.FormatName}.{ImageFormat.LayoutVersion}/{name}");

    private DirectoryListing ListingOf(DirectoryNode directory, (string Name, Node Node)[] entries)
    {
        foreach ((_, Node node) in entries)
        {
            Put(node, directory);
        }

        return new DirectoryListing(
            [.. entries.Select((entry, index) => new NamedNode(
                entry.Name, entry.Node, index, SiblingKey.OfFile(entry.Name)))],
            entries.Length);
    }

    private void Put(Node node, DirectoryNode directory)
    {
        register(node);
        node.PutInto(directory);
    }
}
