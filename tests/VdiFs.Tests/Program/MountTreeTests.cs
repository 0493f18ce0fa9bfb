using VdiFs.Disks;
using VdiFs.Formats;
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
        DirectoryNode disk = Assert.IsType<DirectoryNode>(Build(FormatSelection.Default, Entry(1, "web01")).Root.Find("web01"));
        Assert.Equal(["disk.raw", "disk.vhd", "disk.vmdk", "info.json"], MountTree.List(disk).Select(node => node.Name).Order());
    }

    [Fact]
    public void A_format_that_is_not_listed_is_found_by_name()
    {
        MountTree tree = Build(FormatSelection.Default, Entry(1, "web01"));
        Assert.IsType<ImageNode>(tree.Find((DirectoryNode)tree.Root.Find("web01")!, "disk.fixed.vhd"));
    }

    [Fact]
    public void A_format_that_cannot_hold_the_disk_is_not_listed_but_found_by_name()
    {
        MountTree tree = Build(FormatSelection.All, Entry(1, "big", TooLongForVhd));
        var directory = (DirectoryNode)tree.Root.Find("big")!;
        Assert.Equal(["disk.raw", "disk.vmdk", "info.json"], MountTree.List(directory).Select(node => node.Name));
        Assert.NotNull(tree.Find(directory, "disk.vhd"));
    }

    [Fact]
    public void The_mount_s_own_directory_is_found_but_not_listed()
    {
        MountTree tree = Build(FormatSelection.Default, Entry(1, "web01"));
        DirectoryNode own = Assert.IsType<DirectoryNode>(tree.Find(tree.Root, ".vdifs"));
        Assert.NotNull(tree.Find(own, "status.json"));
        Assert.Equal(["web01"], MountTree.List(tree.Root).Select(node => node.Name));
        Assert.Same(tree.Root, own.Parent);
    }

    [Fact]
    public void Disks_of_one_name_are_told_apart_by_uuid()
    {
        MountTree tree = Build(FormatSelection.Default, Entry(1, "a"), Entry(2, "a"));
        Assert.Equal(["a", "a.00000002"], MountTree.List(tree.Root).Select(node => node.Name));
    }

    [Fact]
    public void Node_ids_do_not_depend_on_the_order_of_disks_or_the_time_of_the_mount()
    {
        DiskEntry[] disks = [Entry(1, "a"), Entry(2, "b"), Entry(3, "c")];
        MountTree one = MountTree.Build(disks, FormatSelection.Default.Formats, TestEntries.Time);
        MountTree other = MountTree.Build(
            [.. disks.Reverse()], FormatSelection.All.Formats, TestEntries.Time + TimeSpan.FromDays(1));
        foreach (DirectoryNode directory in one.Root.Children.Cast<DirectoryNode>())
        {
            var same = (DirectoryNode)other.Root.Find(directory.Name)!;
            Assert.Equal(directory.Id, same.Id);
            Assert.Equal(
                directory.Children.ToDictionary(node => node.Name, node => node.Id),
                same.Children.ToDictionary(node => node.Name, node => node.Id));
        }
    }

    [Fact]
    public void Every_node_is_found_by_its_id_and_no_two_share_one()
    {
        MountTree tree = Build(FormatSelection.All, [.. Enumerable.Range(1, 500).Select(i => Entry(i, $"disk{i}"))]);
        List<Node> nodes = [tree.Root, .. tree.Root.Children, .. tree.Root.Children.SelectMany(node => ((DirectoryNode)node).Children)];
        Assert.Equal(nodes.Count, nodes.Select(node => node.Id).Distinct().Count());
        Assert.All(nodes, node => Assert.Same(node, tree.Find(node.Id)));
        Assert.All(nodes.Skip(1), node => Assert.InRange(node.Id, 2UL, (ulong)long.MaxValue));
    }

    [Fact]
    public void Information_is_newer_than_the_disk_files_it_lies_beside()
    {
        var directory = (DirectoryNode)Build(FormatSelection.All, Entry(1, "a")).Root.Find("a")!;
        Node information = directory.Find("info.json")!;
        Assert.All(
            directory.Children.Where(node => node is ImageNode),
            node => Assert.True(node.ModifiedTime < information.ModifiedTime));
    }

    private static MountTree Build(FormatSelection formats, params DiskEntry[] disks) =>
        MountTree.Build(disks, formats.Formats, TestEntries.Time);

    private static DiskEntry Entry(int number, string name, long length = 1 << 20) => TestEntries.Entry(
        number, name, new PatternDisk(length), AllocationMap.Full(length, AllocationMap.DefaultGranuleBytes));
}
