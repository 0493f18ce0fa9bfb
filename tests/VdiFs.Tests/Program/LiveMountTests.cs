using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Diagnostics;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Catalogs;
using VdiFs.Mounting;
using VdiFs.Options;
using VdiFs.Tests.Fuse.Support;
using VdiFs.Tree;
using Xunit;

namespace VdiFs.Tests.Program;

/// <summary>A tree that changes below a real kernel; skipped without root or /dev/fuse.</summary>
public sealed class LiveMountTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly BlockCache _cache = new(BlockCache.MinimumCapacityBytes);
    private readonly RecordingLogger _logger = new();
    private readonly List<IAsyncDisposable> _resources = [];
    private int _opened;

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable resource in Enumerable.Reverse(_resources))
        {
            await resource.DisposeAsync();
        }

        _cache.Dispose();
    }

    [Fact]
    public async Task Names_that_the_kernel_had_kept_appear_vanish_and_change()
    {
        FakeCatalog catalog = new(FakeCatalog.Folder("", [Vm("web01", Disk(1)), Vm("db01", Disk(2))]));
        string mount = await MountAsync(catalog);
        Assert.Equal(
            "db01 web01",
            await Shell.OutputAsync($"echo $(ls {mount}); ls -lR {mount} >/dev/null; ! stat {mount}/new"));
        catalog.Become(FakeCatalog.Folder("", [Vm("www", Disk(1), key: "web01"), Vm("new", Disk(3))]));
        await UntilAsync($"ls {mount}", "new www");
        Assert.Equal("disk1", await Shell.OutputAsync($"ls {mount}/www"));
        Assert.Equal("disk3", await Shell.OutputAsync($"ls {mount}/new"));
        (int exit, _, string error) = await Shell.RunAsync($"ls -d {mount}/db01");
        Assert.Contains("No such file", error, StringComparison.Ordinal);
        Assert.NotEqual(0, exit);
        Assert.Equal("4", await Shell.OutputAsync($"stat -c %h {mount}"));
        Assert.DoesNotContain(_logger.Entries, entry => entry.EventId == 3017);
    }

    [Fact]
    public async Task Names_that_change_hands_mean_the_other_at_once()
    {
        FakeCatalog catalog = new(FakeCatalog.Folder("", [Vm("a", Disk(1), key: "1"), Vm("b", Disk(2), key: "2")]));
        string mount = await MountAsync(catalog);
        Assert.Equal("disk1 disk2", await Shell.OutputAsync($"echo $(ls {mount}/a {mount}/b | grep disk)"));
        catalog.Become(FakeCatalog.Folder("", [Vm("b", Disk(1), key: "1"), Vm("a", Disk(2), key: "2")]));
        Assert.True(SpinWait.SpinUntil(() => catalog.IsFollowed, Patience));
        Assert.Equal("disk2 disk1", await Shell.OutputAsync($"echo $(ls {mount}/a {mount}/b | grep disk)"));
    }

    [Fact]
    public async Task A_removed_disk_is_a_stale_handle_for_who_has_it_open_even_of_pages_that_were_read()
    {
        FakeCatalog catalog = new(FakeCatalog.Folder("", [Vm("web01", Disk(1))]));
        string mount = await MountAsync(catalog);
        string meeting = Directory.CreateTempSubdirectory("vdifs-live-test-").FullName;
        string file = $"{mount}/web01/disk1/disk.raw";
        Task<(int ExitCode, string Output, string Error)> reader = Shell.RunAsync(
            $"exec 3<{file} 4<{file}; cat <&3 | wc -c; touch {meeting}/read; "
            + $"while [ ! -e {meeting}/gone ]; do sleep 0.02; done; dd bs=4096 count=1 <&4 >/dev/null; stat {file}");
        await UntilAsync($"ls {meeting}", "read");
        catalog.Become(FakeCatalog.Folder("", [FakeCatalog.Folder("web01")]));
        Assert.True(SpinWait.SpinUntil(() => catalog.IsFollowed, Patience));
        await File.WriteAllBytesAsync(Path.Combine(meeting, "gone"), [], TestContext.Current.CancellationToken);
        (_, string output, string error) = await reader;
        Directory.Delete(meeting, recursive: true);
        Assert.Equal("1048576", output);
        Assert.Contains("Stale file handle", error, StringComparison.Ordinal);
        Assert.Contains("No such file", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tree_of_20000_disks_is_walked_without_opening_one()
    {
        const int disks = 20_000;
        DiskEntry[] entries = [.. Enumerable.Range(1, disks).Select(Disk)];
        FakeCatalog catalog = new(FakeCatalog.Folder(
            "",
            [
                FakeCatalog.Folder("vms", [.. entries.Chunk(4).Select((own, number) => Vm($"vm{number}", own))]),
                FakeCatalog.Folder("vdis", disks: entries),
            ]));
        string mount = await MountAsync(catalog);
        Assert.Equal(
            $"{2 * disks}",
            await Shell.OutputAsync($"find {mount} -name disk.raw -type f -size +2000 -size -2050 | wc -l"));
        Assert.Equal(
            $"{disks}", await Shell.OutputAsync($"find {mount} -name disk.raw -printf '%i\n' | sort -u | wc -l"));
        Assert.Equal(0, _opened);
    }

    private static CatalogFolder Vm(string name, DiskEntry disk, string? key = null) => Vm(name, [disk], key);

    private static CatalogFolder Vm(string name, DiskEntry[] disks, string? key = null) =>
        FakeCatalog.Folder(name, disks: disks, key: key);

    private DiskEntry Disk(int number)
    {
        DiskEntry disk = TestEntries.Costly(number, () => Interlocked.Increment(ref _opened));
        _resources.Insert(0, disk);
        return disk;
    }

    private async Task<string> MountAsync(FakeCatalog catalog)
    {
        TestMount.SkipUnlessPossible();
        var tree = new MountTree(catalog.Root, FormatSelection.Default.Formats, TestEntries.Time);
        var status = new MountStatus(catalog, _cache, memoryLimitBytes: 1 << 30, "/mnt", TestEntries.Time);
        var files = new FileTable(tree, _cache, status, NullLogger.Instance);
        var attributes = new NodeAttributes(new Ownership(0, 0, 0x124, 0x16D));
        TestMount mount = await TestMount.CreateAsync(new TreeFileSystem(catalog, tree, files, attributes), _logger);
        var follower = new TreeFollower(catalog, tree, files, _logger) { Interval = TimeSpan.FromMilliseconds(1) };
        follower.Start(mount.Server);
        _resources.Add(follower);
        _resources.Add(mount);
        return mount.Path;
    }

    private static async Task UntilAsync(string command, string expected)
    {
        using var limit = new CancellationTokenSource(Patience);
        string found = "";
        do
        {
            Assert.False(limit.IsCancellationRequested, $"{command}: expected '{expected}', found '{found}'");
            (_, found, _) = await Shell.RunAsync($"echo $({command})");
        }
        while (found != expected);
    }
}
