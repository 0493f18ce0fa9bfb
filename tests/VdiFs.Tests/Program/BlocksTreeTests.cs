using VdiFs.Disks;
using VdiFs.Disks.Catalogs;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Vhd.Directory;
using VdiFs.Options;
using VdiFs.Tests.Disks;
using VdiFs.Tree;
using VdiFs.Tree.Blocks;
using Xunit;

namespace VdiFs.Tests.Program;

/// <summary>The names below a VHD directory.</summary>
public sealed class BlocksTreeTests
{
    private const long Tebibyte = 1L << 40;
    private const long BlockBytes = 2 << 20;
    private const string Vhd = "a/data/disk.vhd";

    [Fact]
    public void Directories_are_listed_with_their_alias_and_found_without()
    {
        string[] Names(FormatSelection formats)
        {
            MountTree tree = Build(Entry(Tebibyte), formats);
            return [.. tree.List(tree.At<DiskNode>("a"), 0).Select(entry => entry.Name)];
        }

        Assert.Equal(["disk.alias.vhd", "info.json", "data"], Names(Chosen("blocks")));
        Assert.Equal(["disk.raw", "info.json"], Names(Chosen("raw")));
        Assert.IsType<VhdNode>(Build(Entry(Tebibyte), Chosen("raw")).At<Node>(Vhd));
    }

    [Fact]
    public void A_VHD_directory_names_its_records_and_blocks_and_opens_nothing()
    {
        DiskEntry disk = Entry(Tebibyte);
        MountTree tree = Build(disk, FormatSelection.All);
        Assert.Equal(
            [.. VhdDirectory.RecordNames, "blocks"],
            tree.List(tree.At<VhdNode>(Vhd), 0).Select(entry => entry.Name));
        Assert.Null(disk.Opened);
        Assert.Null(tree.At<BlocksNode>($"{Vhd}/blocks").Content);
    }

    [Fact]
    public void Blocks_are_listed_found_and_found_again_by_their_ids()
    {
        MountTree tree = BuildWithBlocks(0, 999, 1000, 524287);
        Assert.Equal(["0", "1", "524"], NamesAt(tree, "blocks"));
        Assert.Equal(["0", "999"], NamesAt(tree, "blocks/0"));
        Assert.Equal(["287"], NamesAt(tree, "blocks/524"));
        foreach (string path in new[] { "blocks/0", "blocks/0/999", "blocks/1/0", "blocks/524/287" })
        {
            Node node = tree.At<Node>($"{Vhd}/{path}");
            Node? again = tree.Find(node.Id);
            Assert.Equal((node.GetType(), node.Id), (again?.GetType(), again?.Id));
            Assert.InRange(node.Id, 2UL, (ulong)long.MaxValue);
        }

        Assert.Equal(999, tree.At<BlockNode>($"{Vhd}/blocks/0/999").Block);
    }

    [Theory]
    [InlineData("blocks", "2")]
    [InlineData("blocks", "00")]
    [InlineData("blocks", "-1")]
    [InlineData("blocks", "2147483647")]
    [InlineData("blocks", "x")]
    [InlineData("blocks/0", "1")]
    [InlineData("blocks/0", "1000")]
    [InlineData("blocks/0", "0999")]
    public void There_is_nothing_of_another_name(string directory, string name)
    {
        MountTree tree = BuildWithBlocks(0, 999, 1000);
        Assert.Null(tree.Find(tree.At<DirectoryNode>($"{Vhd}/{directory}"), name));
    }

    [Fact]
    public void An_id_of_a_block_that_is_not_stored_is_of_no_node()
    {
        MountTree tree = BuildWithBlocks(0, 999);
        ulong first = tree.At<BlockNode>($"{Vhd}/blocks/0/0").Id;
        Assert.NotNull(tree.Find(first + 999));
        Assert.Null(tree.Find(first + 1));
        Assert.Null(tree.Find(first + VhdDirectory.MaxBlocks - 1));
        Assert.Null(tree.Find(first + VhdDirectory.MaxBlocks + 1));
        Assert.Null(tree.Find(first + 2 * VhdDirectory.MaxBlocks - 1));
    }

    [Fact]
    public void A_listing_goes_on_from_every_position_and_nothing_is_kept()
    {
        MountTree tree = BuildWithBlocks([.. Enumerable.Range(0, 2500).Select(block => (long)block)]);
        DirectoryNode blocks = tree.At<DirectoryNode>($"{Vhd}/blocks/1");
        int nodes = tree.Count;
        NamedNode[] all = [.. tree.List(blocks, 0)];
        Assert.Equal(1000, all.Length);
        for (int index = 0; index <= all.Length; index++)
        {
            long position = index == 0 ? 0 : all[index - 1].Position + 1;
            Assert.Equal(
                all.Skip(index).Select(entry => entry.Name), tree.List(blocks, position).Select(entry => entry.Name));
        }

        Assert.Empty(tree.List(blocks, long.MaxValue));
        Assert.Empty(tree.List(tree.At<DirectoryNode>($"{Vhd}/blocks"), long.MaxValue));
        Assert.Equal(nodes, tree.Count);
    }

    [Fact]
    public void Ids_are_the_same_at_every_mount_and_others_at_every_place()
    {
        DiskEntry disk = Entry(Tebibyte);
        CatalogFolder root = FakeCatalog.Folder(
            "", [FakeCatalog.Folder("vms", disks: [disk]), FakeCatalog.Folder("vdis", disks: [disk])]);
        ulong[] IdsOf(string[] places)
        {
            MountTree tree = new(root, FormatSelection.All.Formats, TestEntries.Time);
            return
            [
                .. places.SelectMany(place => new[] { "data", "data/disk.vhd", "data/disk.vhd/header", "data/disk.vhd/blocks" }
                    .Select(name => tree.At<Node>($"{place}/a/{name}").Id)
                    .Append(tree.At<BlocksNode>($"{place}/a/data/disk.vhd/blocks").Range.IdOfBlock(7)))
                    .Order(),
            ];
        }

        ulong[] ids = IdsOf(["vms", "vdis"]);
        Assert.Equal(ids, IdsOf(["vdis", "vms"]));
        Assert.Equal(10, ids.Distinct().Count());
    }

    [Fact]
    public void What_is_gone_loses_all_of_its_nodes()
    {
        DiskEntry disk = Entry(Tebibyte);
        MountTree tree = Build(disk, FormatSelection.All);
        Show(tree, 0);
        ulong[] ids =
        [
            .. new[] { "data", "data/disk.vhd", "data/disk.vhd/bat", "data/disk.vhd/blocks", "data/disk.vhd/blocks/0/0" }
                .Select(name => tree.At<Node>("a/" + name).Id),
        ];
        TreeChanges changes = tree.Update(FakeCatalog.Folder(""), []);
        Assert.All(ids, id => Assert.Null(tree.Find(id)));
        Assert.Contains(changes.Gone, node => node is BlocksNode);
    }

    private static FormatSelection Chosen(string name) => new(VdiFs.Formats.ImageFormats.ChosenBy(name));

    private static IEnumerable<string> NamesAt(MountTree tree, string path) =>
        tree.List(tree.At<DirectoryNode>($"{Vhd}/{path}"), 0).Select(entry => entry.Name);

    private static MountTree BuildWithBlocks(params long[] blocks)
    {
        MountTree tree = Build(Entry(Tebibyte), FormatSelection.All);
        Show(tree, blocks);
        return tree;
    }

    private static void Show(MountTree tree, params long[] blocks)
    {
        AllocationMapBuilder map = new(Tebibyte, AllocationMap.DefaultGranuleBytes);
        foreach (long block in blocks)
        {
            map.Mark(block * BlockBytes, 1);
        }

        BlocksNode node = tree.At<BlocksNode>($"{Vhd}/blocks");
        node.Show(VhdDirectory.Create(node.Disk.Identity, map.Build()));
    }

    private static MountTree Build(DiskEntry disk, FormatSelection formats) =>
        new(FakeCatalog.Folder("", disks: [disk]), formats.Formats, TestEntries.Time);

    private static DiskEntry Entry(long length) => TestEntries.Entry(
        1, "a", new PatternDisk(length), AllocationMap.Full(length, AllocationMap.DefaultGranuleBytes));
}
