using System.Text;
using VdiFs.Disks;
using VdiFs.Disks.Catalogs;
using VdiFs.Options;
using VdiFs.Tree;
using Xunit;

namespace VdiFs.Tests.Program;

/// <summary>The tree after its catalog has changed: what is there, and what the kernel is told.</summary>
public sealed class LiveTreeTests
{
    private readonly DiskEntry _one = TestEntries.Entry(1, "one");
    private readonly DiskEntry _two = TestEntries.Entry(2, "two");

    [Fact]
    public void A_root_that_is_the_same_changes_nothing()
    {
        CatalogFolder root = FakeCatalog.Folder("", disks: [_one]);
        MountTree tree = Build(root);
        tree.At<ImageNode>("one/disk.raw");
        Assert.True(tree.Update(root, [_one]).IsEmpty);
    }

    [Fact]
    public void Another_root_with_the_same_content_changes_nothing_and_keeps_every_node()
    {
        MountTree tree = Build(Vms(Vm("web01", _one), Vm("db01", _two)));
        Node before = tree.At<ImageNode>("vms/web01/one/disk.raw");
        Assert.True(tree.Update(Vms(Vm("web01", _one), Vm("db01", _two)), [_one, _two]).IsEmpty);
        Assert.Same(before, tree.At<ImageNode>("vms/web01/one/disk.raw"));
    }

    [Fact]
    public void A_new_disk_appears_and_its_directory_is_told_of()
    {
        MountTree tree = Build(FakeCatalog.Folder("", disks: [_one]));
        tree.At<DiskNode>("one");
        TreeChanges changes = tree.Update(FakeCatalog.Folder("", disks: [_two, _one]), [_one, _two]);
        Assert.Equal([(1UL, "two")], changes.Names);
        Assert.Equal([1UL], changes.Directories);
        Assert.Empty(changes.Gone);
        Assert.Same(_two, tree.At<DiskNode>("two").Disk);
    }

    [Fact]
    public void A_directory_that_nobody_looked_into_is_not_told_of()
    {
        int reads = 0;
        MountTree tree = Build(Vms(Vm("web01", _one)));
        tree.At<FolderNode>("vms");
        var vm = new CatalogFolder("web01", "web01", TestEntries.Time, () =>
        {
            reads++;
            return CatalogContent.Of([_one, _two]);
        });
        Assert.True(tree.Update(Vms(vm), [_one, _two]).IsEmpty);
        Assert.Equal(0, reads);
        Assert.NotNull(tree.At<ImageNode>("vms/web01/two/disk.raw"));
    }

    [Fact]
    public void Of_a_removed_disk_nothing_is_found_any_more()
    {
        MountTree tree = Build(FakeCatalog.Folder("", disks: [_one, _two]));
        ulong[] ids =
            [tree.At<DiskNode>("one").Id, .. tree.Read(tree.At<DiskNode>("one")).Entries.Select(entry => entry.Node.Id)];
        TreeChanges changes = tree.Update(FakeCatalog.Folder("", disks: [_two]), [_two]);
        Assert.Equal([(1UL, "one")], changes.Names);
        Assert.Equal([1UL], changes.Directories);
        Assert.Equal(ids.Order(), changes.Gone.Select(node => node.Id).Order());
        Assert.All(ids, id => Assert.Null(tree.Find(id)));
        Assert.All(changes.Gone, node => Assert.True(node.IsGone));
        Assert.Null(tree.Find(tree.Root, "one"));
    }

    [Fact]
    public void A_disk_that_only_moved_keeps_its_files()
    {
        MountTree tree = Build(Vms(Vm("web01", _one), Vm("db01")));
        Node file = tree.At<ImageNode>("vms/web01/one/disk.raw");
        tree.At<FolderNode>("vms/db01");
        TreeChanges changes = tree.Update(Vms(Vm("web01"), Vm("db01", _one)), [_one]);
        Assert.DoesNotContain(file, changes.Gone);
        Assert.Same(file, tree.Find(file.Id));
        Assert.Same(file, tree.At<ImageNode>("vms/db01/one/disk.raw"));
    }

    [Fact]
    public void A_disk_that_comes_back_has_the_nodes_it_had()
    {
        MountTree tree = Build(FakeCatalog.Folder("", disks: [_one]));
        ulong file = tree.At<ImageNode>("one/disk.raw").Id;
        ulong directory = tree.At<DiskNode>("one").Id;
        tree.Update(FakeCatalog.Folder(""), []);
        tree.Update(FakeCatalog.Folder("", disks: [_one]), [_one]);
        Assert.Equal((directory, file), (tree.At<DiskNode>("one").Id, tree.At<ImageNode>("one/disk.raw").Id));
    }

    [Fact]
    public void A_removed_folder_takes_with_it_what_was_below()
    {
        MountTree tree = Build(Vms(Vm("web01", _one)));
        ulong[] ids =
            [tree.At<Node>("vms/web01").Id, tree.At<Node>("vms/web01/vm.json").Id, tree.At<Node>("vms/web01/one").Id];
        TreeChanges changes = tree.Update(Vms(), [_one]);
        Assert.Equal([(tree.At<FolderNode>("vms").Id, "web01")], changes.Names);
        Assert.Equal(ids.Order(), changes.Gone.Select(node => node.Id).Order());
    }

    [Fact]
    public void A_folder_that_is_renamed_stays_the_node_it_was()
    {
        MountTree tree = Build(Vms(Vm("web01", _one)));
        Node before = tree.At<FolderNode>("vms/web01");
        tree.At<ImageNode>("vms/web01/one/disk.raw");
        CatalogFolder renamed = FakeCatalog.Folder("www", disks: [_one], documents: [Document("web01")], key: "web01");
        TreeChanges changes = tree.Update(Vms(renamed), [_one]);
        ulong vms = tree.At<FolderNode>("vms").Id;
        Assert.Equal([(vms, "web01"), (vms, "www")], changes.Names.Order());
        Assert.Same(before, tree.At<FolderNode>("vms/www"));
        Assert.DoesNotContain(before, changes.Gone);
    }

    [Fact]
    public void A_name_that_a_second_one_bears_means_neither_of_them()
    {
        MountTree tree = Build(Vms(Vm("web01", _one)));
        Node before = tree.At<FolderNode>("vms/web01");
        tree.Update(Vms(FakeCatalog.Folder("web01", key: "copy"), Vm("web01", _one)), [_one]);
        var vms = tree.At<FolderNode>("vms");
        Assert.Null(tree.Find(vms, "web01"));
        Assert.Same(before, Assert.Single(tree.Read(vms).Entries, entry => entry.Node == before).Node);
        Assert.Equal(2, tree.Read(vms).Entries.Count);
    }

    [Fact]
    public void A_document_that_changes_says_so_in_its_place()
    {
        MountTree tree = Build(Vms(Vm("web01", _one)));
        var document = tree.At<DocumentNode>("vms/web01/vm.json");
        CatalogFolder changed = FakeCatalog.Folder("web01", disks: [_one], documents: [Document("other")]);
        Assert.True(tree.Update(Vms(changed), [_one]).IsEmpty);
        Assert.Same(document, tree.At<DocumentNode>("vms/web01/vm.json"));
        Assert.Equal("other"u8, document.Document.Write());
    }

    [Fact]
    public void A_disk_with_other_content_in_the_place_of_one_has_other_files_under_the_same_names()
    {
        DiskEntry first = TestEntries.Costly(1, revision: "1");
        DiskEntry second = TestEntries.Costly(1, revision: "2");
        MountTree tree = Build(FakeCatalog.Folder("", disks: [first]));
        Node raw = tree.At<ImageNode>("disk1/disk.raw");
        ulong directory = tree.At<DiskNode>("disk1").Id;
        TreeChanges changes = tree.Update(FakeCatalog.Folder("", disks: [second]), [second]);
        Assert.Contains(raw, changes.Gone);
        Assert.Contains((directory, "disk.raw"), changes.Names);
        Assert.Contains(directory, changes.Directories);
        Assert.Same(second, tree.At<ImageNode>("disk1/disk.raw").Disk);
        Assert.NotEqual(raw.Id, tree.At<ImageNode>("disk1/disk.raw").Id);
    }

    [Fact]
    public void A_disk_that_is_described_anew_keeps_its_ids()
    {
        DiskEntry again = TestEntries.Entry(1, "one");
        MountTree tree = Build(FakeCatalog.Folder("", disks: [_one]));
        Node raw = tree.At<ImageNode>("one/disk.raw");
        TreeChanges changes = tree.Update(FakeCatalog.Folder("", disks: [again]), [again]);
        Assert.Contains(raw, changes.Gone);
        Assert.Equal(raw.Id, tree.At<ImageNode>("one/disk.raw").Id);
        Assert.Same(again, ((ImageNode)tree.Find(raw.Id)!).Disk);
    }

    [Fact]
    public void A_folder_s_time_is_told_of()
    {
        MountTree tree = Build(Vms());
        ulong vms = tree.At<FolderNode>("vms").Id;
        DateTimeOffset later = TestEntries.Time + TimeSpan.FromMinutes(1);
        TreeChanges changes = tree.Update(FakeCatalog.Folder("", [FakeCatalog.Folder("vms", time: later)]), []);
        Assert.Equal([vms], changes.Directories);
        Assert.Equal(later + InformationNode.Newer, tree.At<FolderNode>("vms").ModifiedTime);
    }

    [Fact]
    public void Who_lists_a_directory_page_by_page_while_it_changes_misses_nothing_that_stays()
    {
        DiskEntry[] disks = [.. Enumerable.Range(1, 100).Select(number => TestEntries.Entry(number, $"disk{number}"))];
        MountTree tree = Build(FakeCatalog.Folder("", disks: disks));
        List<string> seen = [];
        long position = 0;
        while (tree.List(tree.Root, position).Take(7).ToList() is { Count: > 0 } page)
        {
            seen.AddRange(page.Select(entry => entry.Name));
            position = page[^1].Position + 1;
            disks = [TestEntries.Entry(1000 + seen.Count, $"new{seen.Count}"), .. disks.Skip(2)];
            if (seen.Count < 50)
            {
                tree.Update(FakeCatalog.Folder("", disks: disks), disks);
            }
        }

        Assert.Equal(seen.Distinct(), seen);
        Assert.All(Enumerable.Range(20, 80), number => Assert.Contains($"disk{number}", seen));
    }

    [Fact]
    public void A_large_pool_is_followed_without_looking_into_it()
    {
        DiskEntry[] disks = [.. Enumerable.Range(1, 20_000).Select(number => TestEntries.Costly(number))];
        MountTree tree = Build(FakeCatalog.Folder("", [FakeCatalog.Folder("vdis", disks: disks)]));
        Assert.Equal(20_000, tree.FindDisks().Count);
        int nodes = tree.Count;
        disks = disks[1..];
        TreeChanges changes = tree.Update(FakeCatalog.Folder("", [FakeCatalog.Folder("vdis", disks: disks)]), disks);
        Assert.Equal((1, 1, 1), (changes.Names.Count, changes.Directories.Count, changes.Gone.Count));
        Assert.Equal(nodes - 1, tree.Count);
    }

    private static MountTree Build(CatalogFolder root) => new(root, FormatSelection.All.Formats, TestEntries.Time);

    private static CatalogFolder Vms(params CatalogFolder[] machines) =>
        FakeCatalog.Folder("", [FakeCatalog.Folder("vms", machines)]);

    private static CatalogFolder Vm(string name, params DiskEntry[] disks) =>
        FakeCatalog.Folder(name, disks: disks, documents: [Document(name)]);

    private static CatalogDocument Document(string text) =>
        new("vm.json", TestEntries.Time, () => Encoding.UTF8.GetBytes(text));
}
