using CsCheck;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using VdiFs.Fuse;
using VdiFs.Mounting;
using VdiFs.Tests.Disks;
using Xunit;

namespace VdiFs.Tests.Program;

public sealed class ImageFileTests
{
    public static TheoryData<string> FormatNames => [.. ImageFormats.All.Select(format => format.Name)];

    /// <summary>The whole read path above the source, against the layout read front to back.</summary>
    [Theory]
    [MemberData(nameof(FormatNames))]
    public async Task Any_read_in_any_order_and_size_gives_the_bytes_of_the_whole_file(string formatName)
    {
        ImageFormat format = ImageFormats.Find(formatName)!;
        Gen<(long Length, bool[] Allocated, int Seed)> disks =
            from length in Gen.Long[1, 6L << 20]
            from allocated in Gen.Bool.Array[(int)((length + 65535) / 65536)]
            from seed in Gen.Int
            select (length, allocated, seed);
        await disks.SampleAsync(disk => CheckAsync(format, disk.Length, disk.Allocated, disk.Seed), iter: 30);
    }

    [Fact]
    public async Task An_error_of_the_disk_is_EIO_with_the_disk_s_own_words()
    {
        var map = AllocationMap.Full(1 << 20, AllocationMap.DefaultGranuleBytes);
        DiskEntry entry = TestEntries.Entry(1, "disk", new PatternDisk(1 << 20) { BadOffset = 0 }, map);
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        OpenDisk open = await entry.OpenAsync(cache, CancellationToken.None);
        var file = new ImageFile(
            ImageFormats.Find("raw")!.CreateLayout(entry.Identity, map), [open], "disk", usage: null);
        FuseException error = await Assert.ThrowsAsync<FuseException>(async () =>
            await file.ReadAsync(0, 512, new FuseReadReply(), CancellationToken.None));
        Assert.Equal((Errno.EIO, "bad sector"), (error.Errno, error.Message));
        await entry.DisposeAsync();
    }

    [Fact]
    public async Task A_read_under_way_ends_with_ESTALE_when_the_file_is_gone()
    {
        var map = AllocationMap.Full(1 << 20, AllocationMap.DefaultGranuleBytes);
        var delivered = new TaskCompletionSource();
        DiskEntry entry = TestEntries.Entry(1, "disk", new PatternDisk(1 << 20) { Gate = delivered.Task }, map);
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        OpenDisk open = await entry.OpenAsync(cache, CancellationToken.None);
        var file = new ImageFile(
            ImageFormats.Find("raw")!.CreateLayout(entry.Identity, map), [open], "disk.raw", usage: null);
        Task read = file.ReadAsync(0, 512, new FuseReadReply(), CancellationToken.None).AsTask();
        Assert.False(read.IsCompleted);
        file.End();
        FuseException error = await Assert.ThrowsAsync<FuseException>(() =>
            read.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        Assert.Equal(Errno.ESTALE, error.Errno);
        delivered.SetResult();
        await entry.DisposeAsync();
    }

    private static async Task CheckAsync(ImageFormat format, long length, bool[] allocated, int seed)
    {
        var builder = new AllocationMapBuilder(length, AllocationMap.DefaultGranuleBytes);
        for (int granule = 0; granule < allocated.Length; granule++)
        {
            if (allocated[granule])
            {
                long start = granule * (long)AllocationMap.DefaultGranuleBytes;
                builder.Mark(start, Math.Min(AllocationMap.DefaultGranuleBytes, length - start));
            }
        }

        AllocationMap map = builder.Build();
        DiskEntry entry = TestEntries.Entry(seed, "disk", new PatternDisk(length), map);
        byte[] whole = ReadWhole(format.CreateLayout(entry.Identity, map));
        using var cache = new BlockCache(BlockCache.MinimumCapacityBytes);
        OpenDisk open = await entry.OpenAsync(cache, CancellationToken.None);
        var file = new ImageFile(format.CreateLayout(entry.Identity, map), [open], "disk", usage: null);
        var random = new Random(seed);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ReadSomeAsync(file, whole, random.Next())));
        await entry.DisposeAsync();
    }

    private static async Task ReadSomeAsync(ImageFile file, byte[] whole, int seed)
    {
        await Task.Yield();
        var random = new Random(seed);
        var reply = new FuseReadReply();
        for (int i = 0; i < 20; i++)
        {
            int start = random.Next(whole.Length);
            int size = random.Next(1, Math.Min(FuseReadReply.MaxLength, whole.Length - start) + 1);
            if (!file.TryRead(start, size, reply))
            {
                reply.Reset();
                await file.ReadAsync(start, size, reply, CancellationToken.None);
            }

            byte[] read = new byte[reply.Length];
            reply.CopyTo(read);
            reply.Reset();
            Assert.True(whole.AsSpan(start, size).SequenceEqual(read), $"bytes {start} to {start + size} differ");
        }
    }

    private static byte[] ReadWhole(ImageLayout layout)
    {
        byte[] whole = new byte[layout.Length];
        long offset = 0;
        while (offset < layout.Length)
        {
            Segment segment = layout.Locate(offset, layout.Length - offset);
            Span<byte> target = whole.AsSpan((int)offset, (int)segment.Length);
            switch (segment.Kind)
            {
                case SegmentKind.Metadata:
                    layout.ReadMetadata(segment.SourceOffset, target);
                    break;
                case SegmentKind.Disk:
                    PatternDisk.Slice(segment.SourceOffset, target.Length).CopyTo(target);
                    break;
                case SegmentKind.Derived:
                    layout.ReadDerived(segment.SourceOffset, ReadSource(layout, segment.SourceOffset), target);
                    break;
            }

            offset += segment.Length;
        }

        return whole;
    }

    private static byte[] ReadSource(ImageLayout layout, long derivedOffset)
    {
        DiskRange range = layout.SourceOf(derivedOffset);
        byte[] source = new byte[range.Length];
        foreach ((Segment piece, int start) in new SourcePieces(layout, derivedOffset, range))
        {
            if (piece.Kind == SegmentKind.Disk)
            {
                PatternDisk.Slice(piece.SourceOffset, (int)piece.Length).CopyTo(source, start);
            }
        }

        return source;
    }
}
