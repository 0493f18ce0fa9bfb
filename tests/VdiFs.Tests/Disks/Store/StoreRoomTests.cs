using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Store;
using Xunit;

namespace VdiFs.Tests.Disks.Store;

/// <summary>The files stay within their limits, in their directory, and private.</summary>
public sealed class StoreRoomTests : StoreTest
{
    private const long MiB = 1L << 20;
    private static readonly DateTime Epoch = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void The_segments_that_were_not_used_for_the_longest_time_go_first()
    {
        string[] paths = [.. Enumerable.Range(0, 4).Select(i => Segment($"disk {i}", 16 * MiB, Epoch.AddHours(-i)))];
        StoreCounters counters = new();
        StoreRoom room = new(Options(), new FaultyFiles(), counters);

        room.Make(17 * MiB, _ => false);

        Assert.Equal([true, true, false, false], paths.Select(File.Exists));
        Assert.False(System.IO.Directory.Exists(Path.GetDirectoryName(paths[3])));
        Assert.Equal(49 * MiB, room.UsedBytes);
    }

    [Fact]
    public void What_is_being_written_stays()
    {
        string[] paths = [.. Enumerable.Range(0, 4).Select(i => Segment($"disk {i}", 16 * MiB, Epoch.AddHours(-i)))];
        StoreRoom room = new(Options(), new FaultyFiles(), new StoreCounters());

        room.Make(16 * MiB, path => path == paths[3]);
        Assert.Equal([true, true, false, true], paths.Select(File.Exists));
        Assert.Throws<IOException>(() => room.Make(60 * MiB, path => path == paths[3]));
        Assert.True(File.Exists(paths[3]));
    }

    [Fact]
    public void As_much_stays_free_as_was_asked_for()
    {
        string path = Segment("disk", 16 * MiB, Epoch);
        FaultyFiles files = new() { Free = 100 * MiB };
        StoreRoom room = new(Options() with { MinimumFreeBytes = 90 * MiB }, files, new StoreCounters());

        room.Make(10 * MiB, _ => false);
        Assert.True(File.Exists(path));
        IOException refusal = Assert.Throws<IOException>(() => room.Make(11 * MiB, _ => false));
        Assert.Contains("--cache-dir-min-free", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void Nothing_else_in_the_directory_is_touched()
    {
        string[] foreign =
        [
            Path.Combine(Directory, "notes.txt"),
            Path.Combine(Directory, "notes", "old.blocks"),
            Path.Combine(Path.GetDirectoryName(Segment("disk", 64 * MiB, Epoch))!, "mine.blocks"),
        ];
        System.IO.Directory.CreateDirectory(Path.Combine(Directory, "notes"));
        foreach (string path in foreign)
        {
            File.WriteAllText(path, "mine");
        }

        new StoreRoom(Options(), new FaultyFiles(), new StoreCounters()).Make(MiB, _ => false);

        Assert.All(foreign, path => Assert.True(File.Exists(path)));
        Assert.Empty(Segments().Except(foreign));
    }

    [Fact]
    public async Task Links_lead_nowhere()
    {
        string outside = Path.Combine(Outside, "outside");
        System.IO.Directory.CreateDirectory(outside);
        System.IO.Directory.CreateSymbolicLink(Path.Combine(Directory, StoreMount.Key.Disk), outside);
        string victim = Path.Combine(outside, $"{Guid.NewGuid():N}.blocks");
        File.WriteAllText(victim, "mine");

        await using (StoreMount mount = new(Directory, new PatternDisk(4 * Block)))
        {
            await mount.CheckAsync(0, 4 * Block);
            await mount.WaitAsync(status => status.Skipped == 4);
            Assert.Contains("link", mount.Store.Status.Trouble, StringComparison.Ordinal);
        }

        Assert.Equal([victim], System.IO.Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public async Task Directories_and_files_are_for_this_user_alone()
    {
        const UnixFileMode file = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        string made = Path.Combine(Outside, "made");
        await using (BlockStore.Open(Options() with { Directory = made }, NullLogger.Instance))
        {
            Assert.Equal(file | UnixFileMode.UserExecute, File.GetUnixFileMode(made));
        }

        await KeepAsync(Block);
        string segment = Assert.Single(Segments());
        Assert.Equal(file, File.GetUnixFileMode(segment));
        Assert.Equal(file | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(segment)!));
    }

    [Fact]
    public void A_directory_that_cannot_be_used_is_an_error_with_the_cure()
    {
        AssertRefused(Path.Combine(Outside, "not", "there"), "does not exist; make it first");
        string file = Path.Combine(Outside, "file");
        File.WriteAllText(file, "x");
        AssertRefused(file, "name a directory of your own");
        string open = System.IO.Directory.CreateDirectory(Path.Combine(Outside, "open")).FullName;
        File.SetUnixFileMode(open, (UnixFileMode)0x1FF);
        AssertRefused(open, "chmod go-w");
        Assert.Empty(System.IO.Directory.GetFileSystemEntries(open));
    }

    [Fact]
    public async Task A_full_file_system_stops_the_writing_for_a_while_and_no_reader()
    {
        const int length = 8 * Block;
        ManualTime time = new();
        FaultyFiles files = new() { IsFull = true };
        BlockStoreOptions options = Options() with { SegmentSlots = 4, TimeProvider = time, MinimumFreeBytes = 0 };
        await using StoreMount mount = new(Directory, new PatternDisk(length), files, options);

        await mount.CheckAsync(0, 2 * Block);
        await mount.WaitAsync(status => status is { Skipped: 2, Trouble: "No space left on device" });
        files.IsFull = false;
        await mount.CheckAsync(2 * Block, 2 * Block);
        await mount.WaitAsync(status => status is { Skipped: 4, Trouble: not null });
        time.Advance(TimeSpan.FromMinutes(1));
        await mount.CheckAsync(4 * Block, 4 * Block);
        await mount.WaitAsync(status => status is { Written: 4, Trouble: null });
    }

    [Fact]
    public async Task Two_mounts_share_a_directory()
    {
        const int length = 40 * Block;
        BlockStoreOptions options = Options() with { SegmentSlots = 4, QueueBytes = length };
        await using (StoreMount one = new(Directory, new PatternDisk(length), options: options))
        await using (StoreMount two = new(Directory, new PatternDisk(length), options: options))
        {
            await Task.WhenAll(new[] { one, two }.SelectMany(mount => Enumerable.Range(0, 4).Select(
                i => Task.Run(() => mount.CheckAsync(i * 10 * Block, 10 * Block)))));
        }

        var source = new PatternDisk(length);
        await using StoreMount third = new(Directory, source);
        await third.CheckAsync(0, length);
        Assert.Empty(source.Reads);
    }

    private static BlockStoreOptions Options(string directory) => new() { Directory = directory, SizeBytes = 64 * MiB };

    private BlockStoreOptions Options() => Options(Directory);

    private static void AssertRefused(string directory, string expected)
    {
        DiskException refusal = Assert.Throws<DiskException>(
            () => BlockStore.Open(Options(directory), NullLogger.Instance));
        Assert.Equal(DiskErrorKind.BadSource, refusal.Kind);
        Assert.Contains(directory, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }

    private string Segment(string disk, long bytes, DateTime lastUse)
    {
        string path = StoreDirectory.NewSegment(Directory, ContentKey.DiskName(disk), DateTimeOffset.UnixEpoch);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (FileStream file = File.Create(path))
        {
            file.SetLength(bytes);
        }

        File.SetLastWriteTimeUtc(path, lastUse);
        return path;
    }
}
