using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Diagnostics;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Fuse;
using VdiFs.Fuse.Abi;
using VdiFs.Mounting;
using VdiFs.Options;
using VdiFs.Tests.Fuse.Support;
using VdiFs.Tree;
using Xunit;

namespace VdiFs.Tests.Program;

/// <summary>A tree under a kernel that is a test: what requests are answered, and what the kernel is told.</summary>
public sealed class MountedTreeTests : IAsyncDisposable
{
    private const long Length = TestEntries.Length;

    private readonly BlockCache _cache = new(BlockCache.MinimumCapacityBytes);
    private readonly ConcurrentQueue<string> _opened = new();
    private readonly RecordingUsage _usage = new();
    private readonly DiskEntry _disk;
    private readonly FakeCatalog _catalog;
    private readonly MountTree _tree;
    private readonly FileTable _files;
    private readonly FakeKernel _kernel;
    private readonly TreeFollower _follower;

    public MountedTreeTests()
    {
        _disk = TestEntries.Costly(1, () => _opened.Enqueue("opened"), usage: _usage);
        _catalog = new FakeCatalog(FakeCatalog.Folder("", [Vm(_disk)]));
        _tree = new MountTree(_catalog.Root, FormatSelection.All.Formats, TestEntries.Time);
        var status = new MountStatus(_catalog, _cache, memoryLimitBytes: 1 << 30, "/mnt", TestEntries.Time);
        _files = new FileTable(_tree, _cache, status, NullLogger.Instance);
        var attributes = new NodeAttributes(new Ownership(0, 0, 0x124, 0x16D));
        _kernel = FakeKernel.Connect(new TreeFileSystem(_catalog, _tree, _files, attributes));
        _follower =
            new TreeFollower(_catalog, _tree, _files, NullLogger.Instance) { Interval = TimeSpan.FromMilliseconds(1) };
    }

    public async ValueTask DisposeAsync()
    {
        await _kernel.DisposeAsync();
        await _follower.DisposeAsync();
        await _disk.DisposeAsync();
        _cache.Dispose();
    }

    [Theory]
    [InlineData("disk.raw", Length)]
    [InlineData("disk.fixed.vhd", Length + 512)]
    public void Looking_at_a_file_that_is_not_packed_opens_nothing(string name, long length)
    {
        EntryOut found = Look(name);
        AttrOut stat = _kernel.Receive<AttrOut>(_kernel.Send(FuseOpcode.Getattr, found.NodeId, new GetattrIn(0, 0, 0)));
        ulong blocks = (ulong)(length - 4096) / 512;
        Assert.Equal(((ulong)length, blocks, 86400UL), (found.Attr.Size, found.Attr.Blocks, found.AttrValid));
        Assert.Equal(((ulong)length, blocks, 86400UL), (stat.Attr.Size, stat.Attr.Blocks, stat.AttrValid));
        Assert.Empty(_opened);
    }

    [Fact]
    public void What_such_a_file_shows_does_not_change_when_its_disk_is_open()
    {
        Attr before = Look("disk.raw").Attr;
        Open("disk.raw");
        Assert.Equal(["opened"], _opened);
        Assert.Equal(before, Look("disk.raw").Attr);
        ulong stat = _kernel.Send(FuseOpcode.Getattr, before.Ino, new GetattrIn(0, 0, 0));
        Assert.Equal(before, _kernel.Receive<AttrOut>(stat).Attr);
    }

    [Fact]
    public void A_packed_file_is_as_long_as_what_is_found_out_for_it()
    {
        EntryOut found = Look("disk.vhd");
        Assert.Empty(_opened);
        Assert.Equal(0UL, found.AttrValid);
        AttrOut stat = _kernel.Receive<AttrOut>(_kernel.Send(FuseOpcode.Getattr, found.NodeId, new GetattrIn(0, 0, 0)));
        Assert.Equal(["opened"], _opened);
        // One grain of data, and not sixteen as the map that costs nothing says.
        ulong vmdk = Look("disk.vmdk").NodeId;
        long length =
            (long)_kernel.Receive<AttrOut>(_kernel.Send(FuseOpcode.Getattr, vmdk, new GetattrIn(0, 0, 0))).Attr.Size;
        Assert.InRange(length, 65536, 2 * 65536 + 65536 / 2);
        Assert.True(stat.Attr.Size > 0);
    }

    [Fact]
    public void Information_opens_nothing_and_says_so()
    {
        string text = ReadAll(Look("info.json").NodeId);
        Assert.Contains("\"allocation\": \"not looked at yet\"", text, StringComparison.Ordinal);
        Assert.Contains($"\"length\": {Length}", text, StringComparison.Ordinal);
        Assert.DoesNotContain("allocatedBytes", text, StringComparison.Ordinal);
        Assert.Empty(_opened);
        Open("disk.vmdk");
        Assert.Contains("\"allocatedBytes\": 65536", ReadAll(Look("info.json").NodeId), StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_whose_length_is_not_what_the_pool_told_is_not_read()
    {
        DiskEntry wrong = TestEntries.Costly(2, length: Length * 2);
        _catalog.Become(FakeCatalog.Folder("", [Vm(wrong)]));
        _tree.Update(_catalog.Root, _catalog.Disks);
        ulong raw = _tree.At<ImageNode>("vm/disk2/disk.raw").Id;
        _kernel.AssertError(Errno.EIO, _kernel.Send(FuseOpcode.Open, raw, new OpenIn(0, 0)));
        _kernel.AssertError(Errno.EIO, _kernel.SendRead(raw, 0, 4096));
    }

    [Fact]
    public void A_document_is_read_and_looked_at_like_a_file()
    {
        EntryOut found = Look("vm.json", "vm");
        Assert.Equal("web01", ReadAll(found.NodeId));
        AttrOut stat = _kernel.Receive<AttrOut>(_kernel.Send(FuseOpcode.Getattr, found.NodeId, new GetattrIn(0, 0, 0)));
        Assert.Equal((5UL, 0UL), (stat.Attr.Size, stat.AttrValid));
    }

    [Fact]
    public void How_many_links_a_directory_has_is_told_once_it_was_looked_into()
    {
        EntryOut found = _kernel.Receive<EntryOut>(_kernel.Send(FuseOpcode.Lookup, 1, FakeKernel.Name("vm")));
        Assert.Equal(0UL, found.AttrValid);
        AttrOut stat = _kernel.Receive<AttrOut>(_kernel.Send(FuseOpcode.Getattr, found.NodeId, new GetattrIn(0, 0, 0)));
        Assert.Equal((3u, 86400UL), (stat.Attr.Nlink, stat.AttrValid));
    }

    [Fact]
    public void Its_usage_hears_who_opens_reads_and_closes_a_file()
    {
        ulong raw = Open("disk.raw");
        _kernel.Receive(_kernel.SendRead(raw, 8192, 4096));
        _kernel.Receive(_kernel.SendRead(raw, Length - 100, 4096));
        _kernel.Receive(_kernel.Send(FuseOpcode.Release, raw, new byte[24]));
        Assert.Equal(
            [
                "opened disk.raw", $"reading disk.raw of {Length}: 8192+4096",
                $"reading disk.raw of {Length}: {Length - 100}+100",
                "released disk.raw",
            ],
            _usage.Heard);
    }

    [Fact]
    public void A_read_that_was_cancelled_at_the_source_is_EIO()
    {
        ulong raw = Open("disk.raw");
        _usage.Cancelled = true;
        _kernel.AssertError(Errno.EIO, _kernel.SendRead(raw, 0, 4096));
        _usage.Cancelled = false;
        Assert.Equal(0, _kernel.Receive(_kernel.SendRead(raw, 0, 4096)).Error);
    }

    [Fact]
    public void A_file_that_is_gone_is_ESTALE_for_who_has_it_open_and_its_usage_hears_the_end()
    {
        ulong raw = Open("disk.raw");
        Assert.Equal(0, _kernel.Receive(_kernel.SendRead(raw, 0, 4096)).Error);
        _catalog.Become(FakeCatalog.Folder(""));
        foreach (Node node in _tree.Update(_catalog.Root, _catalog.Disks).Gone)
        {
            _files.Forget(node);
        }

        _kernel.AssertError(Errno.ESTALE, _kernel.SendRead(raw, 0, 4096));
        _kernel.AssertError(Errno.ESTALE, _kernel.Send(FuseOpcode.Getattr, raw, new GetattrIn(0, 0, 0)));
        _kernel.AssertError(Errno.ESTALE, _kernel.Send(FuseOpcode.Open, raw, new OpenIn(0, 0)));
        Assert.Equal(0, _kernel.Receive(_kernel.Send(FuseOpcode.Release, raw, new byte[24])).Error);
        Assert.Equal("released disk.raw", _usage.Heard.Last());
    }

    [Fact]
    public void The_kernel_is_told_names_first_then_directories_then_what_is_gone()
    {
        ulong raw = Look("disk.raw").NodeId;
        ulong vm = _tree.At<FolderNode>("vm").Id;
        ulong disk = _tree.At<DiskNode>("vm/disk1").Id;
        _follower.Start(_kernel.Server);
        DiskEntry other = TestEntries.Costly(2);
        _catalog.Become(FakeCatalog.Folder("", [Vm(other)]));
        const int name = 3, node = 2;
        List<(int Code, ulong Node, string Name)> told = [];
        while (told.Count == 0 || told.Count(notice => notice.Code == node) < 1 + 1 + MountTree.FilesOfADisk)
        {
            (int code, byte[] content) = _kernel.ReceiveNotice();
            told.Add(
                (code, BitConverter.ToUInt64(content), code == name ? Encoding.UTF8.GetString(content[16..^1]) : ""));
        }

        Assert.Equal([(name, vm, "disk1"), (name, vm, "disk2")], told.Take(2).Order());
        Assert.Equal((node, vm, ""), told[2]);
        Assert.Contains((node, raw, ""), told.Skip(3));
        Assert.Contains((node, disk, ""), told.Skip(3));
        Assert.Equal(["disk2"], _tree.List(_tree.At<FolderNode>("vm"), 0).Select(entry => entry.Name).Where(n => n != "vm.json"));
    }

    [Fact]
    public void A_change_that_nobody_can_have_seen_is_not_told()
    {
        _follower.Start(_kernel.Server);
        _catalog.Become(FakeCatalog.Folder("", [Vm(TestEntries.Costly(2))]));
        Assert.True(
            SpinWait.SpinUntil(() => ReferenceEquals(_tree.Root.Folder, _catalog.Root), TimeSpan.FromSeconds(30)));
        _kernel.AssertSilent();
    }

    [Fact]
    public void Status_counts_every_disk_and_describes_those_in_use()
    {
        ulong own = _tree.At<StatusNode>(".vdifs/status.json").Id;
        string before = ReadAll(own);
        Assert.Contains("\"diskCount\": 1", before, StringComparison.Ordinal);
        Assert.Contains("\"disks\": []", before, StringComparison.Ordinal);
        Open("disk.raw");
        Assert.Contains("test:disk1", ReadAll(own), StringComparison.Ordinal);
    }

    private static CatalogFolder Vm(DiskEntry disk) => FakeCatalog.Folder(
        "vm",
        disks: [disk],
        documents: [new CatalogDocument("vm.json", TestEntries.Time, () => Encoding.UTF8.GetBytes("web01"))]);

    private EntryOut Look(string name, string directory = "vm/disk1")
    {
        ulong parent = _tree.At<DirectoryNode>(directory).Id;
        return _kernel.Receive<EntryOut>(_kernel.Send(FuseOpcode.Lookup, parent, FakeKernel.Name(name)));
    }

    private ulong Open(string name)
    {
        ulong node = Look(name).NodeId;
        _kernel.Receive<OpenOut>(_kernel.Send(FuseOpcode.Open, node, new OpenIn(0, 0)));
        return node;
    }

    private string ReadAll(ulong node)
    {
        _kernel.Receive<OpenOut>(_kernel.Send(FuseOpcode.Open, node, new OpenIn(0, 0)));
        return Encoding.UTF8.GetString(_kernel.Receive(_kernel.SendRead(node, 0, 1 << 17)).Content);
    }

    /// <summary>Keeps what it hears.</summary>
    private sealed class RecordingUsage : IDiskUsage
    {
        public ConcurrentQueue<string> Heard { get; } = new();

        public bool Cancelled { get; set; }

        public void Opened(string fileName) => Heard.Enqueue($"opened {fileName}");

        public void Released(string fileName) => Heard.Enqueue($"released {fileName}");

        public void Reading(string fileName, long fileLength, long fileOffset, int length)
        {
            Heard.Enqueue($"reading {fileName} of {fileLength}: {fileOffset}+{length}");
            if (Cancelled)
            {
                throw new DiskException(DiskErrorKind.Cancelled, "cancelled by somebody");
            }
        }
    }
}
