using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Diagnostics;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Formats.Vhd.Directory;
using VdiFs.Fuse;
using VdiFs.Fuse.Abi;
using VdiFs.Mounting;
using VdiFs.Options;
using VdiFs.Tests.Disks;
using VdiFs.Tests.Fuse.Support;
using VdiFs.Tree;
using Xunit;

namespace VdiFs.Tests.Program;

/// <summary>A VHD directory under a kernel that is a test.</summary>
public sealed class MountedBlocksTests : IAsyncDisposable
{
    private readonly BlockCache _cache = new(BlockCache.MinimumCapacityBytes);
    private readonly DiskEntry _disk;
    private readonly FakeCatalog _catalog;
    private readonly MountTree _tree;
    private readonly FileTable _files;
    private readonly FakeKernel _kernel;
    private int _opened;

    public MountedBlocksTests()
    {
        _disk = TestEntries.Costly(1, () => Interlocked.Increment(ref _opened));
        _catalog = new FakeCatalog(FakeCatalog.Folder("", disks: [_disk]));
        _tree = new MountTree(_catalog.Root, FormatSelection.All.Formats, TestEntries.Time);
        var status = new MountStatus(_catalog, _cache, memoryLimitBytes: 1 << 30, "/mnt", TestEntries.Time);
        _files = new FileTable(_tree, _cache, status, NullLogger.Instance);
        var attributes = new NodeAttributes(new Ownership(0, 0, 0x124, 0x16D), listsBlocks: true);
        _kernel = FakeKernel.Connect(new TreeFileSystem(_catalog, _tree, _files, attributes));
    }

    public async ValueTask DisposeAsync()
    {
        await _kernel.DisposeAsync();
        await _disk.DisposeAsync();
        _cache.Dispose();
    }

    [Fact]
    public void Nobody_opens_the_disk_before_its_blocks_are_entered()
    {
        EntryOut vhd = Walk("disk1/data/disk.vhd");
        _kernel.Receive(_kernel.SendRead(vhd.NodeId, 0, 65536, FuseOpcode.Readdirplus));
        EntryOut blocks = Walk("disk1/data/disk.vhd/blocks");
        Assert.Equal((1u, 86400UL), (blocks.Attr.Nlink, blocks.AttrValid));
        Assert.Equal(blocks.Attr, Stat(blocks.NodeId));
        Assert.Equal(0, _opened);
        EntryOut block = Walk("disk1/data/disk.vhd/blocks/0/0");
        Assert.Equal(1, _opened);
        Assert.Equal(((ulong)VhdDirectory.BlockFileBytes, 86400UL), (block.Attr.Size, block.AttrValid));
        Assert.Equal(block.Attr, Stat(block.NodeId));
    }

    [Fact]
    public void A_block_is_its_bitmap_and_the_disk_s_bytes()
    {
        ulong block = Walk("disk1/data/disk.vhd/blocks/0/0").NodeId;
        _kernel.Receive<OpenOut>(_kernel.Send(FuseOpcode.Open, block, new OpenIn(0, 0)));
        byte[] content = _kernel.Receive(_kernel.SendRead(block, 0, 131072)).Content;
        Assert.Equal(-1, content.AsSpan(0, 512).IndexOfAnyExcept((byte)0xFF));
        // The first granule is data.
        Assert.Equal(PatternDisk.Slice(0, 65536), content[512..(512 + 65536)]);
        Assert.Equal(-1, content.AsSpan(512 + 65536).IndexOfAnyExcept((byte)0));
    }

    [Fact]
    public void Records_and_the_alias_are_read_and_the_sizes_are_told()
    {
        Assert.Equal("data/disk.vhd", Encoding.ASCII.GetString(ReadAll("disk1/disk.alias.vhd")));
        Assert.StartsWith("conectix", Encoding.ASCII.GetString(ReadAll("disk1/data/disk.vhd/footer")), StringComparison.Ordinal);
        Assert.Equal([0x80], ReadAll("disk1/data/disk.vhd/bat"));
        Assert.Equal(1024UL, Stat(Walk("disk1/data/disk.vhd/header").NodeId).Size);
        string text = Encoding.UTF8.GetString(ReadAll("disk1/info.json"));
        Assert.Contains(
            $"\"file\": \"data/disk.vhd\",\n      \"length\": {1024 + 512 + 1 + VhdDirectory.BlockFileBytes}", text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_of_blocks_is_listed()
    {
        ulong group = Walk("disk1/data/disk.vhd/blocks/0").NodeId;
        (_, byte[] page) = _kernel.Receive(_kernel.SendRead(group, 0, 4096, FuseOpcode.Readdir));
        // ".", ".." and "0", each of 24 bytes and 8 of name.
        Assert.Equal((96, (byte)'0'), (page.Length, page[64 + 24]));
        Assert.Equal(2u, Stat(group).Nlink);
        _kernel.AssertError(
            Errno.ENOTDIR, _kernel.Send(FuseOpcode.Lookup, Walk("disk1/data/disk.vhd/bat").NodeId, FakeKernel.Name("x")));
    }

    [Fact]
    public void A_block_that_is_gone_is_ESTALE_for_who_has_it_open()
    {
        ulong block = Walk("disk1/data/disk.vhd/blocks/0/0").NodeId;
        Assert.Equal(0, _kernel.Receive(_kernel.SendRead(block, 0, 4096)).Error);
        _catalog.Become(FakeCatalog.Folder(""));
        foreach (Node node in _tree.Update(_catalog.Root, _catalog.Disks).Gone)
        {
            _files.Forget(node);
        }

        _kernel.AssertError(Errno.ESTALE, _kernel.SendRead(block, 0, 4096));
        _kernel.AssertError(Errno.ESTALE, _kernel.Send(FuseOpcode.Getattr, block, new GetattrIn(0, 0, 0)));
    }

    private EntryOut Walk(string path)
    {
        EntryOut found = default;
        ulong parent = 1;
        foreach (string name in path.Split('/'))
        {
            found = _kernel.Receive<EntryOut>(_kernel.Send(FuseOpcode.Lookup, parent, FakeKernel.Name(name)));
            parent = found.NodeId;
        }

        return found;
    }

    private Attr Stat(ulong node) =>
        _kernel.Receive<AttrOut>(_kernel.Send(FuseOpcode.Getattr, node, new GetattrIn(0, 0, 0))).Attr;

    private byte[] ReadAll(string path)
    {
        ulong node = Walk(path).NodeId;
        _kernel.Receive<OpenOut>(_kernel.Send(FuseOpcode.Open, node, new OpenIn(0, 0)));
        return _kernel.Receive(_kernel.SendRead(node, 0, 1 << 17)).Content;
    }
}
