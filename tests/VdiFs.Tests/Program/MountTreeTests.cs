using VdiFs.Disks;
using VdiFs.Disks.Catalogs;
using VdiFs.Formats.Allocation;
using VdiFs.Options;
using VdiFs.Tests.Disks;
using VdiFs.Tree;
using Xunit;

namespace VdiFs.Tests.Program;

public sealed class MountTreeTests
{
    private const long TooLongForVhd = 3L << 40;

    [Fact]
    public void A_disk_is_a_directory_of_its_formats_and_its_information()
    {
        MountTree tree = Build(FormatSelection.Default, Entry(1, "web01"));
        Assert.Equal(["disk.raw", "disk.vhd", "disk.vmdk", "info.json"], Names(tree, tree.At<DiskNode>("web01")));
    }

    [Fact]
    public void A_format_that_is_not_listed_is_found_by_name()
    {
        Assert.NotNull(Build(FormatSelection.Default, Entry(1, "web01")).At<ImageNode>("web01/disk.fixed.vhd"));
    }

    [Fact]
    public void A_format_that_cannot_hold_the_disk_is_not_listed_but_found_by_name()
    {
        MountTree tree = Build(FormatSelection.Default, Entry(1, "big", TooLongForVhd));
        Assert.Equal(["disk.raw", "disk.vmdk", "info.json"], Names(tree, tree.At<DiskNode>("big")));
        Assert.NotNull(tree.At<ImageNode>("big/disk.vhd"));
    }

    [Fact]
    public void The_mount_s_own_directory_is_found_but_not_listed()
    {
        MountTree tree = Build(FormatSelection.Default, Entry(1, "web01"));
        Assert.NotNull(tree.At<StatusNode>(".vdifs/status.json"));
        Assert.Equal(["web01"], Names(tree, tree.Root));
        Assert.Same(tree.Root, tree.At<OwnNode>(".vdifs").Parent);
    }

    [Fact]
    public void Disks_of_one_name_are_told_apart_by_uuid()
    {
        MountTree tree = Build(FormatSelection.Default, Entry(1, "a"), Entry(2, "a"));
        Assert.Equal(["a.00000001", "a.00000002"], Names(tree, tree.Root));
    }

    /// <summary>A mount that is made anew must give its files the inodes they had: backup tools go by them.</summary>
    [Theory]
    [InlineData("web01", 989915187886668012UL)]
    [InlineData("web01/disk.raw", 1565961233710228413UL)]
    [InlineData("web01/disk.vhd", 1576994890977002238UL)]
    [InlineData("web01/disk.fixed.vhd", 4299482232160312605UL)]
    [InlineData("web01/disk.vmdk", 5899591390776514037UL)]
    [InlineData("web01/info.json", 4035124958964461878UL)]
    [InlineData(".vdifs", 8051822286838907988UL)]
    [InlineData(".vdifs/status.json", 3722411768167799987UL)]
    public void Node_ids_are_those_of_earlier_versions(string path, ulong expected)
    {
        Assert.Equal(expected, Build(FormatSelection.Default, Entry(1, "web01")).At<Node>(path).Id);
    }

    [Fact]
    public void Node_ids_do_not_depend_on_the_order_of_disks_or_the_time_of_the_mount()
    {
        DiskEntry[] disks = [Entry(1, "a"), Entry(2, "b"), Entry(3, "c")];
        var one = new MountTree(RootOf(disks), FormatSelection.Default.Formats, TestEntries.Time);
        var other = new MountTree(
            RootOf([.. disks.Reverse()]), FormatSelection.All.Formats, TestEntries.Time + TimeSpan.FromDays(1));
        Assert.Equal(IdsIn(one), IdsIn(other));
    }

    [Fact]
    public void Node_ids_in_folders_do_not_depend_on_what_was_looked_at_first()
    {
        DiskEntry disk = Entry(1, "root");
        CatalogFolder root = FakeCatalog.Folder(
            "", [FakeCatalog.Folder("vms", [FakeCatalog.Folder("web01", disks: [disk])]), FakeCatalog.Folder("vdis", disks: [disk])]);
        var one = new MountTree(root, FormatSelection.All.Formats, TestEntries.Time);
        var other = new MountTree(root, FormatSelection.All.Formats, TestEntries.Time);
        other.At<ImageNode>("vdis/root/disk.raw");
        Assert.Equal(IdsIn(one), IdsIn(other));
    }

    [Fact]
    public void The_files_of_a_disk_are_the_same_nodes_wherever_it_lies_but_directories_are_not()
    {
        DiskEntry disk = Entry(1, "root");
        MountTree tree = Build(FakeCatalog.Folder(
            "", [FakeCatalog.Folder("vms", disks: [disk]), FakeCatalog.Folder("vdis", disks: [disk])]));
        foreach (string file in new[] { "disk.raw", "disk.vhd", "disk.fixed.vhd", "disk.vmdk", "info.json" })
        {
            Assert.Same(tree.At<Node>("vms/root/" + file), tree.At<Node>("vdis/root/" + file));
        }

        Assert.NotEqual(tree.At<DiskNode>("vms/root").Id, tree.At<DiskNode>("vdis/root").Id);
    }

    [Fact]
    public void A_disk_that_lies_in_a_directory_twice_has_two_directories_there()
    {
        DiskEntry disk = Entry(1, "root");
        MountTree tree = Build(FakeCatalog.Folder("", disks: [disk, disk]));
        NamedNode[] entries = [.. tree.Read(tree.Root).Entries];
        Assert.Equal(2, entries.Select(entry => entry.Name).Distinct().Count());
        Assert.All(entries, entry => Assert.Same(entry.Node, tree.Find(entry.Node.Id)));
        Assert.Same(
            tree.Find((DirectoryNode)entries[0].Node, "disk.raw"),
            tree.Find((DirectoryNode)entries[1].Node, "disk.raw"));
    }

    [Fact]
    public void What_a_disk_held_at_another_time_has_other_files()
    {
        MountTree one = Build(FakeCatalog.Folder("", disks: [TestEntries.Costly(1, revision: "1")]));
        MountTree other = Build(FakeCatalog.Folder("", disks: [TestEntries.Costly(1, revision: "2")]));
        Assert.NotEqual(one.At<Node>("disk1/disk.raw").Id, other.At<Node>("disk1/disk.raw").Id);
        Assert.Equal(one.At<Node>("disk1").Id, other.At<Node>("disk1").Id);
    }

    [Fact]
    public void A_folder_is_not_read_before_somebody_looks_into_it()
    {
        int reads = 0;
        var deep = new CatalogFolder("deep", "deep", TestEntries.Time, () =>
        {
            reads++;
            return CatalogContent.Of([]);
        });
        MountTree tree = Build(FakeCatalog.Folder("", [deep]));
        Assert.Equal(["deep"], Names(tree, tree.Root));
        Assert.Equal(0, reads);
        Assert.Empty(Names(tree, tree.At<FolderNode>("deep")));
        Assert.Equal(1, reads);
    }

    [Fact]
    public void Every_node_is_found_by_its_id_and_no_two_share_one()
    {
        MountTree tree = Build(FormatSelection.All, [.. Enumerable.Range(1, 500).Select(i => Entry(i, $"disk{i}"))]);
        Dictionary<string, ulong> ids = IdsIn(tree);
        Assert.Equal(500 * (1 + MountTree.FilesOfADisk), ids.Count);
        Assert.Equal(ids.Count, ids.Values.Distinct().Count());
        Assert.All(ids, id => Assert.Same(tree.At<Node>(id.Key), tree.Find(id.Value)));
        Assert.All(ids.Values, id => Assert.InRange(id, 2UL, (ulong)long.MaxValue));
    }

    [Fact]
    public void Information_is_newer_than_the_disk_files_it_lies_beside()
    {
        MountTree tree = Build(FormatSelection.All, Entry(1, "a"));
        Node information = tree.At<InformationNode>("a/info.json");
        Assert.All(
            tree.Read(tree.At<DiskNode>("a")).Entries.Where(entry => entry.Node is ImageNode),
            entry => Assert.True(entry.Node.ModifiedTime < information.ModifiedTime));
    }

    [Fact]
    public void Every_disk_is_found_once_by_its_first_path()
    {
        DiskEntry root = Entry(1, "root");
        DiskEntry data = Entry(2, "da/ta");
        MountTree tree = Build(FakeCatalog.Folder(
            "",
            [
                FakeCatalog.Folder("vms", [FakeCatalog.Folder("web01", disks: [root])]),
                FakeCatalog.Folder("vdis", disks: [root, data]),
            ]));
        Assert.Equal([("vms/web01/root", root), ("vdis/da%2Fta", data)], tree.FindDisks());
    }

    private static Dictionary<string, ulong> IdsIn(MountTree tree)
    {
        var ids = new Dictionary<string, ulong>();
        void Add(string path, DirectoryNode directory)
        {
            foreach (NamedNode entry in tree.Read(directory).Entries)
            {
                ids.Add(path + entry.Name, entry.Node.Id);
                if (entry.Node is DirectoryNode deeper)
                {
                    Add(path + entry.Name + "/", deeper);
                }
            }
        }

        Add("", tree.Root);
        return ids;
    }

    private static IEnumerable<string> Names(MountTree tree, DirectoryNode directory) =>
        tree.List(directory, position: 0).Select(entry => entry.Name);

    private static CatalogFolder RootOf(DiskEntry[] disks) => FakeCatalog.Folder("", disks: disks);

    private static MountTree Build(FormatSelection formats, params DiskEntry[] disks) =>
        new(RootOf(disks), formats.Formats, TestEntries.Time);

    private static MountTree Build(CatalogFolder root) => new(root, FormatSelection.All.Formats, TestEntries.Time);

    private static DiskEntry Entry(int number, string name, long length = TestEntries.Length) => TestEntries.Entry(
        number, name, new PatternDisk(length), AllocationMap.Full(length, AllocationMap.DefaultGranuleBytes));
}
