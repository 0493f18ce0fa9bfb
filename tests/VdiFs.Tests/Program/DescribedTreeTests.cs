using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Diagnostics;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Formats;
using VdiFs.Fuse.Abi;
using VdiFs.Mounting;
using VdiFs.Nbd;
using VdiFs.Options;
using VdiFs.Tests.Disks;
using VdiFs.Tests.Fuse.Support;
using VdiFs.Tree;
using Xunit;

namespace VdiFs.Tests.Program;

/// <summary>A mounted tree of a server that has listed its disks and is still describing them.</summary>
public sealed class DescribedTreeTests : IAsyncDisposable
{
    private readonly BlockCache _cache = new(BlockCache.MinimumCapacityBytes);
    private readonly TaskCompletionSource _hurried = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly PendingDescription _pending;
    private readonly DiskEntry _disk;
    private readonly MountTree _tree;
    private readonly FakeKernel _kernel;

    public DescribedTreeTests()
    {
        _pending = new PendingDescription(new NbdListedExport("disk", null, null), _ => _hurried.TrySetResult());
        _disk = new DiskEntry(
            "disk",
            "test:disk",
            new DiskIdentity(new Guid(1, 0, 0, new byte[8]), TestEntries.Time),
            length: null,
            _ => Task.FromException<OpenedSource>(new DiskException(DiskErrorKind.Unreachable, "not to be opened")))
        {
            Pending = _pending,
        };
        FakeCatalog catalog = new(FakeCatalog.Folder("", disks: [_disk]));
        _tree = new MountTree(catalog.Root, FormatSelection.Default.Formats, TestEntries.Time);
        var status = new MountStatus(catalog, _cache, memoryLimitBytes: 1 << 30, "/mnt", TestEntries.Time);
        var files = new FileTable(_tree, _cache, status, NullLogger.Instance);
        var attributes = new NodeAttributes(new Ownership(0, 0, 0x124, 0x16D));
        _kernel = FakeKernel.Connect(new TreeFileSystem(catalog, _tree, files, attributes));
    }

    public async ValueTask DisposeAsync()
    {
        _pending.Tell(null);
        await _kernel.DisposeAsync();
        await _disk.DisposeAsync();
        _cache.Dispose();
    }

    [Fact]
    public void Looking_at_names_waits_for_no_description()
    {
        Assert.Contains("disk", Text(_kernel.Receive(List(NodeIds.Root)).Content), StringComparison.Ordinal);
        EntryOut directory =
            _kernel.Receive<EntryOut>(_kernel.Send(FuseOpcode.Lookup, NodeIds.Root, FakeKernel.Name("disk")));
        _kernel.Receive<EntryOut>(_kernel.Send(FuseOpcode.Lookup, directory.NodeId, FakeKernel.Name("disk.vhd")));
        Assert.False(_hurried.Task.IsCompleted);
    }

    [Theory]
    [InlineData(1L << 30, true)]
    [InlineData(4L << 40, false)]
    [InlineData(null, true)]
    public async Task What_a_directory_of_a_disk_lists_waits_for_its_length(long? length, bool listsVhd)
    {
        ulong listing = List(_tree.At<DiskNode>("disk").Id);
        await _hurried.Task.WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);
        _kernel.AssertSilent();
        _pending.Tell(new NbdListedExport("disk", null, length));
        string names = Text(_kernel.Receive(listing).Content);
        Assert.Contains("disk.raw", names, StringComparison.Ordinal);
        Assert.Equal(listsVhd, names.Contains("disk.vhd", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_said_of_a_disk_waits_for_its_description()
    {
        ulong information = _tree.At<InformationNode>("disk/info.json").Id;
        ulong opening = _kernel.Send(FuseOpcode.Open, information, new OpenIn(0, 0));
        await _hurried.Task.WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken);
        _kernel.AssertSilent();
        _pending.Tell(new NbdListedExport("disk", "some words", 4096));
        _kernel.Receive<OpenOut>(opening);
        byte[] text = _kernel.Receive(_kernel.SendRead(information, 0, 1 << 17)).Content;
        Assert.Contains("some words", Text(text), StringComparison.Ordinal);
    }

    private static string Text(byte[] content) => Encoding.UTF8.GetString(content);

    private ulong List(ulong directory) => _kernel.SendRead(directory, 0, 1 << 16, FuseOpcode.Readdir);
}
