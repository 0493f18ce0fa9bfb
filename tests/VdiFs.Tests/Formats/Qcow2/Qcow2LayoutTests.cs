using System.Text;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Qcow2;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Qcow2;

public sealed class Qcow2LayoutTests
{
    private const int Mebibyte = 1024 * 1024;
    private const int Cluster = 65536;
    private const long Tebibyte = 1L << 40;

    [Fact]
    public void Parts_follow_each_other_in_the_order_that_can_be_read_forward_only()
    {
        TestDisk disk = TestDisk.With(Mebibyte, 0, 5);
        byte[] file = Images.Write("qcow2", disk);
        Assert.Equal(7 * Cluster, file.Length);
        Assert.Equal("0000000000020000" + "0000000000000000", Hex(file, Cluster, 16));
        Assert.Equal("0001000100010001" + "0001000100010000", Hex(file, 2 * Cluster, 16));
        Assert.Equal("8000000000040000" + "0000000000000000", Hex(file, 3 * Cluster, 16));
        Assert.Equal("8000000000050000" + new string('0', 64) + "8000000000060000", Hex(file, 4 * Cluster, 48));
        Assert.Equal(disk.Content[..Cluster], file[(5 * Cluster)..(6 * Cluster)]);
        Assert.Equal(disk.Content[(5 * Cluster)..(6 * Cluster)], file[(6 * Cluster)..]);
    }

    [Fact]
    public void Header_of_a_delta_names_the_parent_and_its_format()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(Mebibyte, 0), 1);
        byte[] file = Images.WriteDelta("qcow2", delta, "raw", "disk.raw");
        // Extension of 3 bytes, padded to 8; the one that ends them; the name.
        Assert.Equal("e2792aca" + "00000003" + "7261770000000000" + "0000000000000000", Hex(file, 112, 24));
        Assert.Equal("0000000000000088" + "00000008", Hex(file, 8, 12));
        Assert.Equal("disk.raw\0", Encoding.ASCII.GetString(file, 136, 9));
    }

    [Theory]
    [InlineData("qcow2", null)]
    [InlineData("raw", null)]
    [InlineData("vhd", "A qcow2 delta cannot have a parent in the format vhd.")]
    public void Parents_are_qcow2_or_raw(string format, string? refusal)
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(Mebibyte, 0), 1);
        Assert.Equal(
            refusal,
            ImageFormats.Find("qcow2")!.RefusalForDelta(Mebibyte, Images.ParentOf(delta, format, "base")));
    }

    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(1, 1, 32_763)] // With header, tables and one block: 32768.
    [InlineData(1, 1, 32_764)]
    [InlineData(131_072, 131_072, 1L << 30)]
    [InlineData(131_072, 131_072, 268_300_000)]
    public void Refcount_blocks_are_as_few_as_count_every_cluster(long l1Entries, long tables, long data)
    {
        Qcow2Shape shape = Qcow2Shape.Of(l1Entries, tables, data);
        Assert.InRange(shape.Clusters, (shape.RefcountBlocks - 1) * 32_768 + 1, shape.RefcountBlocks * 32_768);
        Assert.Equal((shape.RefcountBlocks + 8191) / 8192, shape.RefcountTableClusters);
        Assert.Equal(
            1 + shape.RefcountTableClusters + shape.RefcountBlocks + (l1Entries + 8191) / 8192 + tables + data,
            shape.Clusters);
    }

    [Fact]
    public void A_full_disk_of_64_TiB_is_laid_out_and_all_its_tables_are_right()
    {
        ImageLayout layout = ImageFormats.Find("qcow2")!.CreateLayout(
            TestDisk.SomeIdentity, AllocationMap.Full(64 * Tebibyte, Cluster));
        // 1 + 5 + 32774 + 16 + 131072 clusters, and 2^30 of data.
        const long FirstData = 1 + 5 + 32_774 + 16 + 131_072;
        Assert.Equal((FirstData + (1L << 30)) * Cluster, layout.Length);
        Assert.Equal(
            new Segment(SegmentKind.Disk, 64 * Tebibyte - 1, 1), layout.Locate(layout.Length - 1, long.MaxValue));
        byte[] last = new byte[8];
        Segment segment = layout.Locate(FirstData * Cluster - 8, 8);
        layout.ReadMetadata(segment.SourceOffset, last);
        Assert.Equal(
            0x8000_0000_0000_0000 | (ulong)(layout.Length - Cluster),
            System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(last));
    }

    [Fact]
    public void A_disk_of_which_qemu_could_not_count_the_clusters_is_refused()
    {
        ImageFormat format = ImageFormats.Find("qcow2")!;
        Assert.Null(format.RefusalFor(AllocationMap.Full(2047 * Tebibyte, Cluster)));
        Assert.Contains("stays within 8 MiB", format.RefusalFor(AllocationMap.Full(2048 * Tebibyte, Cluster)));
        Assert.Contains("at most 2251799813685248 bytes", format.RefusalFor(2048 * Tebibyte + 1));
    }

    private static string Hex(byte[] file, int offset, int length) =>
        Convert.ToHexStringLower(file.AsSpan(offset, length));
}
