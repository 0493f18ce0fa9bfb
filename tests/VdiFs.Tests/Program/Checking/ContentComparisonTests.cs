using VdiFs.Checking;
using Xunit;

namespace VdiFs.Tests.Program.Checking;

public sealed class ContentComparisonTests
{
    private const int Mebibyte = 1 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(65536)]
    [InlineData(3 * Mebibyte + 77)]
    [InlineData(20 * Mebibyte)]
    public async Task Equal_disks_have_no_difference_and_all_is_reported(int length)
    {
        byte[] bytes = Bytes(length);
        long reported = -1;
        var comparison = new ContentComparison(
            new FakeComparedDisk(bytes, 65536), new FakeComparedDisk([.. bytes], 4096), done => reported = done);
        Assert.Empty(await comparison.RunAsync(Token).ToListAsync(Token));
        Assert.Null(comparison.LengthDifference);
        Assert.Equal(length, reported);
    }

    [Fact]
    public async Task One_changed_byte_anywhere_is_found_with_its_offset()
    {
        byte[] bytes = Bytes(9 * Mebibyte + 3);
        var random = new Random(5);
        foreach (int offset in (int[])[0, 1, Mebibyte - 1, Mebibyte, 9 * Mebibyte, 9 * Mebibyte + 2,
            .. Enumerable.Range(0, 30).Select(_ => random.Next(bytes.Length))])
        {
            byte[] changed = [.. bytes];
            changed[offset] ^= 0x80;
            ContentDifference difference = Assert.Single(await Compare(changed, bytes));
            Assert.Equal(new ContentDifference(offset, bytes[offset], changed[offset], 1), difference);
        }
    }

    [Fact]
    public async Task Every_part_that_differs_is_told_once_in_order()
    {
        byte[] bytes = Bytes(4 * Mebibyte);
        byte[] changed = [.. bytes];
        foreach (int offset in (int[])[3, 9, 65535, 65536, 2 * Mebibyte, 4 * Mebibyte - 1])
        {
            changed[offset] ^= 1;
        }

        Assert.Equal(
            [(3, 3), (65536, 1), (2 * Mebibyte, 1), (4 * Mebibyte - 1, 1)],
            (await Compare(changed, bytes)).Select(difference => (difference.DiskOffset, difference.Bytes)));
    }

    [Fact]
    public async Task Data_where_the_other_knows_zeros_is_found_both_ways()
    {
        byte[] zeros = new byte[2 * Mebibyte];
        byte[] data = new byte[2 * Mebibyte];
        data[Mebibyte + 5] = 1;
        Assert.Equal(new ContentDifference(Mebibyte + 5, 0, 1, 1), Assert.Single(await Compare(data, zeros)));
        Assert.Equal(new ContentDifference(Mebibyte + 5, 1, 0, 1), Assert.Single(await Compare(zeros, data)));
    }

    [Fact]
    public async Task What_both_know_to_be_zeros_is_not_read()
    {
        byte[] bytes = new byte[64 * Mebibyte];
        bytes[33 * Mebibyte] = 7;
        var image = new FakeComparedDisk(bytes, 65536);
        var disk = new FakeComparedDisk(bytes, 65536);
        Assert.Empty(await new ContentComparison(image, disk, _ => { }).RunAsync(Token).ToListAsync(Token));
        Assert.Equal((Mebibyte, Mebibyte), (image.BytesRead, disk.BytesRead));
    }

    [Theory]
    [InlineData(512, 1, true)]
    [InlineData(1, 512, true)]
    [InlineData(1024, 513, true)]
    [InlineData(1024, 512, false)]
    [InlineData(1025, 1024, false)]
    [InlineData(1024, 2048, false)]
    public async Task Disks_of_another_length_are_equal_only_in_whole_sectors(
        int imageLength, int diskLength, bool isEqual)
    {
        var image = new FakeComparedDisk(new byte[imageLength], 512);
        var disk = new FakeComparedDisk(new byte[diskLength], 512);
        var comparison = new ContentComparison(image, disk, _ => { });
        Assert.Equal(
            isEqual ? null : $"length of the disk: expected {diskLength}, found {imageLength}",
            comparison.LengthDifference);
        Assert.Empty(await comparison.RunAsync(Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Padding_that_is_not_zeros_is_found()
    {
        byte[] padded = new byte[1024];
        padded[1000] = 9;
        Assert.Equal(new ContentDifference(1000, 0, 9, 1), Assert.Single(await Compare(padded, new byte[700])));
    }

    [Fact]
    public async Task Cancelling_ends_a_read_that_waits()
    {
        using var stopping = new CancellationTokenSource();
        byte[] bytes = Bytes(3 * Mebibyte);
        var silent = new FakeComparedDisk(bytes, 65536) { Gate = new TaskCompletionSource().Task };
        var comparison = new ContentComparison(new FakeComparedDisk(bytes, 65536), silent, _ => { });
        Task<List<ContentDifference>> run = comparison.RunAsync(stopping.Token).ToListAsync(Token).AsTask();
        Assert.False(run.IsCompleted);
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(TimeSpan.FromSeconds(30), Token));
    }

    [Fact]
    public async Task Whoever_has_seen_enough_leaves_no_read_behind()
    {
        byte[] bytes = Bytes(5 * Mebibyte);
        byte[] changed = [.. bytes];
        changed[7] ^= 1;
        var slow = new FakeComparedDisk(bytes, 65536) { Gate = new TaskCompletionSource().Task };
        int underWay = 0;
        await foreach (ContentDifference difference in
            new ContentComparison(new FakeComparedDisk(changed, 65536), slow, _ => { }).RunAsync(Token))
        {
            Assert.Equal(7, difference.DiskOffset);
            underWay = slow.UnderWay;
            break;
        }

        Assert.Equal((4, 0), (underWay, slow.UnderWay));
    }

    private static async Task<List<ContentDifference>> Compare(byte[] image, byte[] disk) =>
        await new ContentComparison(new FakeComparedDisk(image, 65536), new FakeComparedDisk(disk, 4096), _ => { })
            .RunAsync(Token).ToListAsync(Token);

    /// <summary>A third of holes; the rest is random.</summary>
    private static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        for (int hole = 65536; hole + 65536 < length; hole += 3 * 65536)
        {
            bytes.AsSpan(hole, 65536).Clear();
        }

        return bytes;
    }
}
