using CsCheck;
using VdiFs.Disks.Store;
using VdiFs.Tests.Xapi.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Store;

/// <summary>Whatever becomes of the files: never a wrong byte.</summary>
public sealed class DamagedStoreTests : StoreTest
{
    private const int Small = 300;

    // The four bytes of a slot that say nothing.
    private const int ReservedBytes = 4;

    private static readonly int HeadBytes = new SegmentHeader(4, "").HeadBytes;

    [Fact]
    public async Task A_flipped_bit_at_any_byte_of_a_segment_costs_a_fetch_at_most()
    {
        await KeepAsync(Small);
        string path = Assert.Single(Segments());
        byte[] whole = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        int fetched = 0;
        foreach (int i in Places(HeadBytes + Small + 10))
        {
            whole[i] ^= (byte)(1 << (i % 8));
            fetched += await ReadWithAsync(path, whole);
            whole[i] ^= (byte)(1 << (i % 8));
        }

        // Header, slot and bytes of the one block; and two bytes each of the three empty slots, which then seem to have
        // block 0 with some other length. Nothing else of the file matters.
        Assert.Equal(SegmentHeader.Size + SegmentSlot.Size - ReservedBytes + Small + (3 * 2), fetched);
    }

    [Fact]
    public async Task A_segment_cut_anywhere_costs_a_fetch_at_most()
    {
        await KeepAsync(Small);
        string path = Assert.Single(Segments());
        byte[] whole = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        int fetched = 0;
        foreach (int length in Places(HeadBytes + Small))
        {
            fetched += await ReadWithAsync(path, whole[..length]);
        }

        Assert.Equal(Places(HeadBytes + Small).Count(), fetched);
        Assert.Equal(0, await ReadWithAsync(path, whole[..(HeadBytes + Small)]));
    }

    [Fact]
    public async Task A_damaged_block_is_counted_told_once_and_kept_anew()
    {
        const int length = 8 * Block;
        await KeepAsync(length);
        foreach (string path in Segments())
        {
            Flip(path, HeadBytes + Block + 5);
        }

        LogLines log = new();
        var source = new PatternDisk(length);
        await using (StoreMount mount = new(Directory, source, logger: log))
        {
            await mount.CheckAsync(0, length);
            Assert.Equal(
                (2, 6 + KeptContentCheck.SampleBlocks), (mount.Store.Status.Damaged, mount.Store.Status.Hits));
            await mount.WaitAsync(status => status.Written == 2);
        }

        Assert.Single(log.Lines, line => line.Contains("damaged", StringComparison.Ordinal));
        var untouched = new PatternDisk(length);
        await using StoreMount again = new(Directory, untouched);
        await again.CheckAsync(0, length);
        Assert.Empty(untouched.Reads);
    }

    [Fact]
    public async Task A_process_killed_at_any_write_leaves_nothing_wrong()
    {
        const int length = (6 * Block) + 100;
        int deaths = 0;
        for (bool hasDied = true; hasDied; deaths++)
        {
            FaultyFiles files = new() { WritesBeforeDeath = deaths };
            await using (StoreMount killed = new(Directory, new PatternDisk(length), files))
            {
                await killed.CheckAsync(0, length);
            }

            hasDied = files.Writes > deaths;
            await using (StoreMount next = new(Directory, new PatternDisk(length)))
            {
                Assert.Equal(hasDied, next.Kept < 7);
                await next.CheckAsync(0, length);
            }

            foreach (string path in Segments())
            {
                File.Delete(path);
            }
        }

        // Two segments of four slots: two heads, seven blocks, two tables.
        Assert.Equal(2 + 7 + 2 + 1, deaths);
    }

    [Fact]
    public async Task Files_and_directories_may_be_deleted_under_it()
    {
        const int length = 12 * Block;
        await KeepAsync(length);
        FaultyFiles files = new() { IsFull = true };
        await using StoreMount mount = new(Directory, new PatternDisk(length), files);
        await mount.CheckAsync(0, Block);
        File.Delete(Segments()[1]);
        await mount.CheckAsync(Block, 6 * Block);
        System.IO.Directory.Delete(Path.GetDirectoryName(Segments()[0])!, recursive: true);
        await mount.CheckAsync(7 * Block, 3 * Block);
        System.IO.Directory.Delete(Directory, recursive: true);
        await mount.CheckAsync(10 * Block, 2 * Block);
        Assert.False(System.IO.Directory.Exists(Directory));
    }

    [Fact]
    public async Task Blocks_of_one_disk_are_never_taken_for_those_of_another()
    {
        const int length = 2 * Block;
        await KeepAsync(length);
        string segment = Assert.Single(Segments());
        ContentKey other = ContentKey.Of("another disk");
        string stolen = StoreDirectory.NewSegment(Directory, other.Disk, DateTimeOffset.UnixEpoch);
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(stolen)!);
        File.Copy(segment, stolen);
        await using StoreMount mount = new(Directory, new PatternDisk(length), key: other);
        Assert.Equal(0, mount.Kept);
    }

    [Fact]
    public async Task Any_mixture_of_reads_restarts_and_damage_gives_the_bytes_of_the_disk()
    {
        const int blocks = 24;
        Gen<(int, int, int)> steps = Gen.Select(Gen.Int[0, 9], Gen.Int[0, blocks - 1], Gen.Int[0, int.MaxValue]);
        await steps.Array[1, 12].SampleAsync(
            async sequence =>
            {
                string directory = System.IO.Directory.CreateDirectory(
                    Path.Combine(Directory, Guid.NewGuid().ToString("N") + "-run")).FullName;
                StoreMount mount = new(directory, new PatternDisk(blocks * Block));
                foreach ((int step, int block, int chance) in sequence)
                {
                    if (step == 0)
                    {
                        await mount.DisposeAsync();
                        mount = new StoreMount(directory, new PatternDisk(blocks * Block));
                    }
                    else if (step <= 3)
                    {
                        Damage(directory, step, chance);
                    }
                    else
                    {
                        await mount.CheckAsync(block * Block, Math.Min(step * Block, (blocks - block) * Block));
                    }
                }

                await mount.CheckAsync(0, blocks * Block);
                await mount.DisposeAsync();
                System.IO.Directory.Delete(directory, recursive: true);
            },
            iter: 60,
            threads: 1);
    }

    // All bytes of a segment's head and of its block, and a few of those between.
    private static IEnumerable<int> Places(int end) => Enumerable.Range(0, end)
        .Where(i => i < SegmentHeader.Size + (4 * SegmentSlot.Size) || i >= HeadBytes || i % 97 == 0);

    private static void Damage(string directory, int how, int chance)
    {
        string[] segments = System.IO.Directory.GetFiles(directory, "*.blocks", SearchOption.AllDirectories);
        if (segments.Length == 0)
        {
            return;
        }

        string path = segments[chance % segments.Length];
        switch (how)
        {
            case 1:
                File.Delete(path);
                break;
            case 2:
                Flip(path, chance % (HeadBytes + Block));
                break;
            default:
                using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                {
                    file.SetLength(Math.Min(file.Length, chance % (HeadBytes + (2 * Block))));
                }

                break;
        }
    }

    private static void Flip(string path, long fileOffset)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (fileOffset < file.Length)
        {
            file.Position = fileOffset;
            int value = file.ReadByte();
            file.Position = fileOffset;
            file.WriteByte((byte)(value ^ 0x20));
        }
    }

    /// <summary>Reads the disk with this in a segment's place; how often the source was asked.</summary>
    private async Task<int> ReadWithAsync(string path, byte[] segment)
    {
        System.IO.Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, segment, TestContext.Current.CancellationToken);
        var source = new PatternDisk(Small);
        FaultyFiles none = new() { IsFull = true };
        await using StoreMount mount = new(Directory, source, none);
        await mount.CheckAsync(0, Small);
        return source.Reads.Count > 0 ? 1 : 0;
    }
}
