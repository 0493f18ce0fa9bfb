using System.Buffers.Binary;
using VdiFs.Formats;
using Xunit;

namespace VdiFs.Tests.Formats.Vmdk;

public sealed class VmdkLayoutTests
{
    // 40 MiB: 640 grains in two grain tables.
    private static readonly TestDisk Disk = TestDisk.With(40 * 1024 * 1024, 1, 511, 512, 639);

    private static readonly byte[] Image = Read(Disk);

    [Theory]
    [InlineData(48, 21)] // rgdOffset
    [InlineData(56, 21 + 1 + 8)] // gdOffset
    [InlineData(64, 128)] // overHead
    [InlineData(12, 81_920)] // capacity
    public void Header_names_the_places(int offset, long expected)
    {
        Assert.Equal(expected, BinaryPrimitives.ReadInt64LittleEndian(Image.AsSpan(offset)));
    }

    [Theory]
    [InlineData(21, 22, 26)]
    [InlineData(30, 31, 35)]
    public void Each_grain_directory_names_its_own_tables(int directorySector, int first, int second)
    {
        Assert.Equal(
            [first, second, 0],
            Enumerable.Range(0, 3).Select(entry => Entry(directorySector, entry)));
    }

    [Theory]
    [InlineData(22)]
    [InlineData(31)]
    public void Grain_tables_name_the_sector_of_each_grain(int tableSector)
    {
        Assert.Equal(
            [0, 128, 0, 256, 384, 512],
            new[] { 0, 1, 2, 511, 512, 639 }.Select(grain => Entry(tableSector, grain)));
        Assert.All(Enumerable.Range(640, 384), grain => Assert.Equal(0, Entry(tableSector, grain)));
    }

    [Fact]
    public void Grains_lie_in_disk_order()
    {
        Assert.Equal(65536 * 5, Image.Length);
        foreach ((int grain, int rank) in new[] { (1, 0), (511, 1), (512, 2), (639, 3) })
        {
            Assert.Equal(
                Disk.Content.AsSpan(grain * 65536, 65536), Image.AsSpan(65536 * (1 + rank), 65536));
        }
    }

    [Fact]
    public void Last_grain_is_whole_and_the_capacity_exact()
    {
        byte[] image = Read(TestDisk.With(65536 + 1, 1));
        Assert.Equal(2 * 65536, image.Length);
        Assert.Equal(129, BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(12)));
        Assert.All(image[(65536 + 1)..], value => Assert.Equal(0, value));
    }

    [Fact]
    public void Disk_without_data_ends_before_the_first_grain()
    {
        Assert.Equal(65536, Read(TestDisk.With(40 * 1024 * 1024)).Length);
    }

    private static int Entry(int sector, int entry) =>
        BinaryPrimitives.ReadInt32LittleEndian(Image.AsSpan(sector * 512 + entry * 4));

    private static byte[] Read(TestDisk disk) =>
        LayoutReader.ReadAll(ImageFormats.Find("vmdk")!.CreateLayout(disk.Identity, disk.Map()), disk);
}
