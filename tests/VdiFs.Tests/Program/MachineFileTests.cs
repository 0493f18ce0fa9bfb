using System.Formats.Tar;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Diagnostics;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Formats;
using VdiFs.Fuse;
using VdiFs.Mounting;
using VdiFs.Options;
using VdiFs.Tests.Disks;
using VdiFs.Tree;
using Xunit;

namespace VdiFs.Tests.Program;

/// <summary>The file that has all disks of a machine: when it is there, when it is another, and its bytes.</summary>
public sealed class MachineFileTests : IAsyncDisposable
{
    private static readonly CatalogMachine Web = new("web01", Processors: 2, MemoryBytes: 4L << 30, IsUefi: true);

    private readonly BlockCache _cache = new(BlockCache.MinimumCapacityBytes);
    private readonly List<string> _told = [];
    private readonly DiskEntry _root;
    private readonly DiskEntry _data;

    public MachineFileTests()
    {
        _root = TestEntries.Costly(1, usage: new Usage(_told, "root"));
        _data = TestEntries.Costly(2, usage: new Usage(_told, "data"), disk: new ShiftedDisk());
    }

    public async ValueTask DisposeAsync()
    {
        await _root.DisposeAsync();
        await _data.DisposeAsync();
        _cache.Dispose();
    }

    [Fact]
    public void It_is_listed_only_when_its_format_is_chosen_and_found_by_name_always()
    {
        MountTree all = Build(Vm(Web, _root, _data), FormatSelection.All);
        MountTree usual = Build(Vm(Web, _root, _data), FormatSelection.Default);
        Assert.Contains("web01.ova", Names(all));
        Assert.DoesNotContain("web01.ova", Names(usual));
        Assert.Equal(all.At<MachineNode>("web01/web01.ova").Id, usual.At<MachineNode>("web01/web01.ova").Id);
    }

    [Fact]
    public void A_machine_without_disks_has_none() =>
        Assert.Empty(Names(Build(Vm(Web), FormatSelection.All)));

    [Fact]
    public void A_name_that_no_file_can_have_is_escaped() =>
        Build(Vm(Web with { Name = "a/b" }, _root), FormatSelection.All).At<MachineNode>("web01/a%2Fb.ova");

    [Fact]
    public void Whatever_would_change_its_bytes_makes_it_another_file()
    {
        Node Of(CatalogMachine machine, params DiskEntry[] disks) =>
            Build(Vm(machine, disks), FormatSelection.All).At<MachineNode>($"web01/{machine.Name}.ova");

        ulong known = Of(Web, _root, _data).Id;
        Assert.Equal(known, Of(Web, _root, _data).Id);
        ulong[] others =
        [
            Of(Web with { Name = "web02" }, _root, _data).Id,
            Of(Web with { Processors = 3 }, _root, _data).Id,
            Of(Web with { MemoryBytes = 1L << 30 }, _root, _data).Id,
            Of(Web with { IsUefi = false }, _root, _data).Id,
            Of(Web, _data, _root).Id,
            Of(Web, _root).Id,
            Of(Web, _root, TestEntries.Costly(2, revision: "1")).Id,
        ];
        Assert.Equal(others.Length, others.Distinct().Count());
        Assert.DoesNotContain(known, others);
    }

    [Fact]
    public void A_disk_that_is_replaced_replaces_it_under_its_id()
    {
        MountTree tree = Build(Vm(Web, _root, _data), FormatSelection.All);
        MachineNode before = tree.At<MachineNode>("web01/web01.ova");
        DiskEntry again = TestEntries.Costly(2);
        TreeChanges changes = tree.Update(FakeCatalog.Folder("", [Vm(Web, _root, again)]), [_root, again]);
        MachineNode after = tree.At<MachineNode>("web01/web01.ova");
        Assert.NotSame(before, after);
        Assert.Equal(before.Id, after.Id);
        Assert.True(before.IsGone);
        Assert.Contains(before, changes.Gone);
        Assert.Contains(changes.Names, change => change.Name == "web01.ova");
        Assert.Same(again, after.Content.Disks[1].Entry);
    }

    [Fact]
    public void Nothing_happens_to_it_when_nothing_has_changed()
    {
        MountTree tree = Build(Vm(Web, _root, _data), FormatSelection.All);
        MachineNode before = tree.At<MachineNode>("web01/web01.ova");
        Assert.True(tree.Update(FakeCatalog.Folder("", [Vm(Web, _root, _data)]), [_root, _data]).IsEmpty);
        Assert.Same(before, tree.At<MachineNode>("web01/web01.ova"));
    }

    [Fact]
    public async Task It_is_an_archive_of_a_descriptor_and_an_image_per_disk()
    {
        byte[] archive = await ReadAllAsync(pieceBytes: 1 << 20);
        Assert.Equal(["web01.ovf", "web01-disk1.vmdk", "web01-disk2.vmdk"], EntriesOf(archive).Select(entry => entry.Name));
        string descriptor = Encoding.UTF8.GetString(EntriesOf(archive)[0].Content);
        Assert.Contains("web01", descriptor, StringComparison.Ordinal);
        // The only granule of each disk that holds data, behind the head of its record.
        Assert.NotEqual(-1, EntriesOf(archive)[1].Content.AsSpan().IndexOf(PatternDisk.Slice(0, 32768)));
        Assert.NotEqual(
            -1, EntriesOf(archive)[2].Content.AsSpan().IndexOf(PatternDisk.Slice(ShiftedDisk.Shift, 32768)));
    }

    [Fact]
    public async Task Any_piece_of_it_is_the_same_as_the_whole_also_across_its_disks()
    {
        byte[] whole = await ReadAllAsync(pieceBytes: 1 << 20);
        Assert.Equal(whole, await ReadAllAsync(pieceBytes: 1000));
        Assert.Equal(whole, await ReadAllAsync(pieceBytes: 77_777));
    }

    [Fact]
    public async Task All_its_disks_are_told_of_its_use()
    {
        MountTree tree = Build(Vm(Web, _root, _data), FormatSelection.All);
        MachineNode node = tree.At<MachineNode>("web01/web01.ova");
        var handles = new OpenHandles();
        handles.Opened(node.Id, node);
        IFuseFile file = await Files(tree).PrepareAsync(node, CancellationToken.None);
        using (var reply = new PooledReply())
        {
            await ReadAsync(file, 0, 512, reply.Reply);
        }

        handles.Released(node.Id);
        Assert.Equal(
            ["root opened", "data opened", "root read", "root released", "data released"],
            _told.Select(line => line.Replace(" web01.ova", "", StringComparison.Ordinal)));
    }

    private static CatalogFolder Vm(CatalogMachine machine, params DiskEntry[] disks) =>
        FakeCatalog.Folder("web01", disks: disks, machine: machine);

    private static MountTree Build(CatalogFolder vm, FormatSelection formats) =>
        new(FakeCatalog.Folder("", [vm]), formats.Formats, TestEntries.Time);

    private static string[] Names(MountTree tree) =>
        [.. tree.List(tree.At<FolderNode>("web01"), 0)
            .Where(entry => entry.Node is not DiskNode)
            .Select(entry => entry.Name)];

    private FileTable Files(MountTree tree)
    {
        var catalog = new FakeCatalog(FakeCatalog.Folder(""));
        var status = new MountStatus(catalog, _cache, memoryLimitBytes: 1 << 30, "/mnt", TestEntries.Time);
        return new FileTable(tree, _cache, status, NullLogger.Instance);
    }

    private async Task<byte[]> ReadAllAsync(int pieceBytes)
    {
        MountTree tree = Build(Vm(Web, _root, _data), FormatSelection.All);
        IFuseFile file = await Files(tree).PrepareAsync(tree.At<MachineNode>("web01/web01.ova"), CancellationToken.None);
        byte[] whole = new byte[file.Length];
        using var pooled = new PooledReply();
        for (int offset = 0; offset < whole.Length; offset += pieceBytes)
        {
            int length = Math.Min(pieceBytes, whole.Length - offset);
            await ReadAsync(file, offset, length, pooled.Reply);
            pooled.Reply.CopyTo(whole.AsSpan(offset, length));
            pooled.Reply.Reset();
        }

        return whole;
    }

    private static async Task ReadAsync(IFuseFile file, long offset, int length, FuseReadReply reply)
    {
        if (!file.TryRead(offset, length, reply))
        {
            reply.Reset();
            await file.ReadAsync(offset, length, reply, CancellationToken.None);
        }
    }

    private static List<(string Name, byte[] Content)> EntriesOf(byte[] archive)
    {
        using var reader = new TarReader(new MemoryStream(archive));
        List<(string Name, byte[] Content)> entries = [];
        while (reader.GetNextEntry() is { } entry)
        {
            using var content = new MemoryStream();
            entry.DataStream!.CopyTo(content);
            entries.Add((entry.Name, content.ToArray()));
        }

        return entries;
    }

    private sealed class PooledReply : IDisposable
    {
        public FuseReadReply Reply { get; } = new();

        public void Dispose() => Reply.Reset();
    }

    /// <summary>Other bytes than those of the first disk.</summary>
    private sealed class ShiftedDisk : IDisk
    {
        public const long Shift = 1L << 30;

        public long Length => TestEntries.Length;

        public ValueTask ReadAsync(
            long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
        {
            foreach (Memory<byte> buffer in destination)
            {
                PatternDisk.Slice(diskOffset + Shift, buffer.Length).CopyTo(buffer);
                diskOffset += buffer.Length;
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Usage(List<string> told, string disk) : IDiskUsage
    {
        public void Opened(string fileName) => told.Add($"{disk} opened {fileName}");

        public void Released(string fileName) => told.Add($"{disk} released {fileName}");

        public void Reading(string fileName, long fileLength, long fileOffset, int length) =>
            told.Add($"{disk} read {fileName}");
    }
}
