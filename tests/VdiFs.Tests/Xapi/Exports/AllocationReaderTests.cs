using System.Buffers.Binary;
using System.Text;
using VdiFs.Tests.Xapi.Rpc;
using VdiFs.Tests.Xapi.Scripted;
using VdiFs.Xapi;
using VdiFs.Xapi.Exports;
using Xunit;
using static VdiFs.Tests.Xapi.Scripted.Failing;

namespace VdiFs.Tests.Xapi.Exports;

public sealed class AllocationReaderTests
{
    private const long Mebi = 1024 * 1024;
    private const long VhdDisk = 9 * Mebi;
    private const long Qcow2Disk = 600 * Mebi + 4096;

    private static readonly byte[] Refusal = Encoding.ASCII.GetBytes(
        "HTTP/1.1 500 Internal Error\r\ncontent-type: text/html\r\n\r\n<html><body>"
            + new string('x', 200_000));

    [Fact]
    public async Task A_VHDs_table_becomes_extents()
    {
        ExportedAllocation found = await VhdAsync(ExportImages.Vhd(VhdDisk, 0, 1, 4), VhdDisk);
        Assert.Equal(VhdDisk, found.VirtualSizeBytes);
        Assert.Equal(2 * Mebi, found.GranuleBytes);
        Assert.Equal([(0, 4 * Mebi), (8 * Mebi, Mebi)], found.Extents);
    }

    [Fact]
    public async Task A_VHDs_blocks_may_lie_in_another_order_than_the_disks()
    {
        Assert.Equal([(2 * Mebi, 4 * Mebi)], (await VhdAsync(ExportImages.Vhd(VhdDisk, 2, 1), VhdDisk)).Extents);
    }

    [Fact]
    public async Task An_empty_VHD_has_no_extents()
    {
        Assert.Empty((await VhdAsync(ExportImages.Vhd(VhdDisk), VhdDisk)).Extents);
    }

    [Fact]
    public async Task A_VHD_may_announce_the_size_rounded_up()
    {
        byte[] image = ExportImages.Vhd(10 * Mebi, 4);
        Assert.Equal([(8 * Mebi, Mebi)], (await VhdAsync(image, VhdDisk)).Extents);
        await VhdAsync(image, (8 * Mebi)).FailsAsync(XapiErrorKind.BadExport);
        await VhdAsync(image, (10 * Mebi) + 1).FailsAsync(XapiErrorKind.BadExport);
    }

    [Fact]
    public async Task The_largest_VHD_is_read()
    {
        const long Largest = 2040L * 1024 * Mebi;
        int last = (int)(Largest / ExportImages.VhdBlockBytes) - 1;
        ExportedAllocation found = await VhdAsync(ExportImages.Vhd(Largest, last), Largest);
        Assert.Equal([(Largest - (2 * Mebi), 2 * Mebi)], found.Extents);
    }

    [Fact]
    public async Task A_qcow2s_tables_become_extents()
    {
        ExportedAllocation found = await Qcow2Async(
            ExportImages.Qcow2(Qcow2Disk, 0, 1, 5, 8191, 8192, 9600), Qcow2Disk);
        const long Cluster = ExportImages.Qcow2ClusterBytes;
        Assert.Equal(Cluster, found.GranuleBytes);
        Assert.Equal(
            [(0, 2 * Cluster), (5 * Cluster, Cluster), (8191 * Cluster, 2 * Cluster), (9600 * Cluster, 4096)],
            found.Extents);
    }

    [Fact]
    public async Task A_cluster_of_zeros_in_a_qcow2_is_a_hole()
    {
        byte[] image = ExportImages.Qcow2(Qcow2Disk, 0, 1);
        image[(4 * ExportImages.Qcow2ClusterBytes) + 7] |= 1;
        Assert.Equal([(65536, 65536)], (await Qcow2Async(image, Qcow2Disk)).Extents);
    }

    [Fact]
    public async Task A_VHD_that_ends_early_is_refused_wherever_it_ends()
    {
        byte[] image = ExportImages.Vhd(VhdDisk, 0, 1, 4);
        for (int length = 0; length < image.Length; length++)
        {
            XapiException failure = await VhdAsync(image[..length], VhdDisk).FailsAsync(XapiErrorKind.BadExport);
            Assert.Contains($"after {length} bytes", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_qcow2_that_ends_early_is_refused_wherever_it_ends()
    {
        byte[] image = ExportImages.Qcow2(Qcow2Disk, 0, 9600);
        for (int length = 0; length < image.Length; length += length < 200 ? 1 : 997)
        {
            await Qcow2Async(image[..length], Qcow2Disk).FailsAsync(XapiErrorKind.BadExport);
        }
    }

    [Fact]
    public async Task An_HTTP_error_in_a_VHD_is_found_wherever_it_begins()
    {
        byte[] image = ExportImages.Vhd(400 * Mebi, 0, 1, 4, 130, 199);
        for (int at = 0; at < image.Length; at++)
        {
            XapiException failure =
                await VhdAsync([.. image[..at], .. Refusal], 400 * Mebi).FailsAsync(XapiErrorKind.BadExport);
            if (at == 0)
            {
                Assert.Equal("the export failed: HTTP/1.1 500 Internal Error", failure.Message);
            }
        }
    }

    [Fact]
    public async Task An_HTTP_error_in_the_tables_of_a_qcow2_is_found()
    {
        byte[] image = ExportImages.Qcow2(Qcow2Disk, 0, 1, 9600);
        int l1 = 3 * ExportImages.Qcow2ClusterBytes;
        int[] places =
            [.. Enumerable.Range(0, 104), l1, l1 + 8, .. Enumerable.Range(l1 + ExportImages.Qcow2ClusterBytes, 64)];
        foreach (int at in places)
        {
            await Qcow2Async([.. image[..at], .. Refusal], Qcow2Disk).FailsAsync(XapiErrorKind.BadExport);
        }
    }

    [Fact]
    public async Task No_flipped_bit_in_a_VHDs_footer_or_header_goes_unseen()
    {
        byte[] image = ExportImages.Vhd(VhdDisk, 0, 1, 4);
        for (int bit = 0; bit < 1536 * 8; bit++)
        {
            byte[] damaged = [.. image];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            await VhdAsync(damaged, VhdDisk).FailsAsync(XapiErrorKind.BadExport);
        }
    }

    public static TheoryData<string, int, uint> Lies => new()
    {
        { "version", 12, 0x20000 },
        { "fixed disk", 60, 2 },
        { "differencing disk", 60, 4 },
        { "header elsewhere", 20, 1024 },
        { "a size beyond reason", 48, 0x7FFFFFFF },
        { "a negative size", 48, 0x80000000 },
        { "a table before the header", 512 + 20, 512 },
        { "a table far away", 512 + 20, 1 << 30 },
        { "a table at no sector", 512 + 20, 2049 },
        { "too many entries", 512 + 28, uint.MaxValue },
        { "too few entries", 512 + 28, 4 },
        { "no data block size", 512 + 32, 0 },
        { "an odd data block size", 512 + 32, 3 * 1024 * 1024 },
        { "a huge data block size", 512 + 32, 1u << 31 },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task A_VHD_that_is_signed_but_lies_is_refused(string lie, int at, uint value)
    {
        byte[] image = ExportImages.Vhd(VhdDisk, 0, 1, 4);
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(at), value);
        ExportImages.Sign(image);
        XapiException failure = await VhdAsync(image, VhdDisk).FailsAsync(XapiErrorKind.BadExport);
        Assert.False(failure.IsTransient, lie);
    }

    [Theory]
    [InlineData(0, 4u)]
    [InlineData(0, 6u)]
    [InlineData(1, 5u)]
    [InlineData(1, 5u + 4097 - 1)]
    [InlineData(1, 5u + 4097 + 200)]
    [InlineData(2, 0xFFFFFFFEu)]
    public async Task A_data_block_that_lies_wrong_is_refused(int entry, uint sector)
    {
        byte[] image = ExportImages.Vhd(VhdDisk, 0, 1, 4);
        Assert.Equal(5u, BinaryPrimitives.ReadUInt32BigEndian(image.AsSpan(2048)));
        BinaryPrimitives.WriteUInt32BigEndian(image.AsSpan(2048 + (entry * 4)), sector);

        // One sector later is a gap for alignment, which is allowed; then the next one overlaps.
        await VhdAsync(image, VhdDisk).FailsAsync(XapiErrorKind.BadExport);
    }

    [Fact]
    public async Task A_data_block_behind_the_end_is_refused()
    {
        byte[] image = ExportImages.Vhd(10 * Mebi, 4);
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(48), 8 * (ulong)Mebi);
        ExportImages.Sign(image);
        await VhdAsync(image, 8 * Mebi).FailsAsync(XapiErrorKind.BadExport);
    }

    public static TheoryData<string, int, ulong> Qcow2Lies => new()
    {
        { "version 2", 0, 0x514649FB00000002 },
        { "a backing file", 8, 1024 },
        { "another size", 24, 700 * 1024 * 1024 },
        { "clusters of 4 GiB", 16, 32 },
        { "clusters of 1 byte", 16, 0 },
        { "a huge L1 table", 32, 0xFFFFFFFF },
        { "an empty L1 table", 32, 0 },
        { "encryption", 32, 0x0000000100000002 },
        { "an L1 table in the header", 40, 0 },
        { "an L1 table nowhere", 40, ulong.MaxValue },
        { "an L1 table far away", 40, 1UL << 40 },
        { "a dirty bit", 72, 1 },
        { "extended L2 entries", 72, 16 },
        { "wide refcounts", 96, 0x0000000700000068 },
        { "an L2 table far away", 3 * 65536, 1UL << 40 },
        { "an L2 table behind", 3 * 65536, 65536 },
        { "an L2 table at no cluster", 3 * 65536, (4 * 65536) + 512 },
        { "reserved bits in L1", 3 * 65536, (1UL << 60) | (4 * 65536) },
        { "a compressed cluster", 4 * 65536, (1UL << 62) | (6 * 65536) },
        { "a data cluster among the tables", 4 * 65536, 4 * 65536 },
        { "data clusters out of order", 4 * 65536, 9 * 65536 },
    };

    [Theory]
    [MemberData(nameof(Qcow2Lies))]
    public async Task A_qcow2_that_lies_is_refused(string lie, int at, ulong value)
    {
        byte[] image = ExportImages.Qcow2(Qcow2Disk, 0, 1, 9600);
        BinaryPrimitives.WriteUInt64BigEndian(image.AsSpan(at), value);
        XapiException failure = await Qcow2Async(image, Qcow2Disk).FailsAsync(XapiErrorKind.BadExport);
        Assert.False(failure.IsTransient, lie);
    }

    [Fact]
    public void Extents_that_touch_become_one_and_end_with_the_disk()
    {
        ExtentList extents = new(100);
        extents.Add(0, 10);
        extents.Add(10, 10);
        extents.Add(30, 10);
        extents.Add(90, 20);
        extents.Add(110, 10);
        Assert.Equal([(0, 20), (30, 10), (90, 10)], extents.Extents);
    }

    private static Task<ExportedAllocation> VhdAsync(byte[] image, long diskBytes) =>
        VhdAllocationReader.ReadAsync(new ExportBody(new DripStream(image, 700)), diskBytes, Ending);

    private static Task<ExportedAllocation> Qcow2Async(byte[] image, long diskBytes) =>
        Qcow2AllocationReader.ReadAsync(new ExportBody(new DripStream(image, 70_000)), diskBytes, Ending);
}
