using System.Buffers.Binary;
using System.Text;
using VdiFs.Formats;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Vhd;

public sealed class VhdLayoutTests
{
    private const int Mebibyte = 1024 * 1024;

    [Fact]
    public void Table_names_the_sector_of_each_bitmap_and_is_padded_with_ones()
    {
        // Blocks 0, 2 and 3 of four.
        byte[] file = Read("vhd", TestDisk.With(8 * Mebibyte, 1, 64, 127));
        byte[] table = file[1536..2048];
        // Bitmaps at 3584, 3584 + 2101248 and once more.
        Assert.Equal(
            Convert.FromHexString("00000007" + "ffffffff" + "0000100f" + "00002017"), table[..16]);
        Assert.All(table[16..], value => Assert.Equal(0xFF, value));
    }

    [Fact]
    public void Data_of_every_block_starts_on_a_page_behind_a_bitmap_of_ones()
    {
        TestDisk disk = TestDisk.With(8 * Mebibyte, 0, 32, 64, 96);
        byte[] file = Read("vhd", disk);
        for (int block = 0; block < 4; block++)
        {
            int data = 4096 + block * (2 * Mebibyte + 4096);
            Assert.All(file[(data - 512)..data], value => Assert.Equal(0xFF, value));
            int start = block * 2 * Mebibyte;
            Assert.Equal(disk.Content[start..(start + 65536)], file[data..(data + 65536)]);
        }
    }

    [Fact]
    public void Footer_follows_the_last_data_block_and_equals_the_copy_in_front()
    {
        // The last block holds one sector of the disk, and is whole all the same.
        byte[] file = Read("vhd", TestDisk.With(2 * Mebibyte + 512, 32));
        Assert.Equal(4096 + 2 * Mebibyte + 512, file.Length);
        Assert.Equal(file[..512], file[^512..]);
        Assert.Equal("conectix"u8.ToArray(), file[..8]);
    }

    [Fact]
    public void Footer_follows_the_table_when_no_block_is_allocated()
    {
        byte[] file = Read("vhd", TestDisk.With(8 * Mebibyte));
        Assert.Equal(512 + 1024 + 512 + 512, file.Length);
        Assert.Equal(file[..512], file[^512..]);
    }

    [Theory]
    [InlineData("vhd", 1, 512)]
    [InlineData("vhd", 513, 1024)]
    [InlineData("fixed.vhd", 1, 512)]
    [InlineData("fixed.vhd", 1024, 1024)]
    public void Current_size_is_whole_sectors(string name, int length, int expected)
    {
        byte[] file = Read(name, TestDisk.With(length, 0));
        Assert.Equal(expected, BinaryPrimitives.ReadInt64BigEndian(file.AsSpan(file.Length - 512 + 48)));
    }

    [Fact]
    public void Dynamic_image_bears_the_uuid_of_the_disk_and_the_fixed_one_another()
    {
        TestDisk disk = TestDisk.With(Mebibyte, 0);
        Assert.Equal("6D2F4C1A9B3E4F578A102C5D7E9F1B34", Convert.ToHexString(Read("vhd", disk)[68..84]));
        Assert.Equal("4E505AA848A58789B2FE31C3514552EB", Convert.ToHexString(Read("fixed.vhd", disk)[^444..^428]));
    }

    [Fact]
    public void Blocks_of_a_packed_image_follow_each_other_without_padding()
    {
        byte[] file = Read("packed.vhd", TestDisk.With(8 * Mebibyte, 1, 64, 127));
        Assert.Equal(Convert.FromHexString("00000004" + "ffffffff" + "00001005" + "00002006"), file[1536..1552]);
        Assert.Equal(2048 + 3 * (2 * Mebibyte + 512) + 512, file.Length);
    }

    [Fact]
    public void Delta_has_the_changed_blocks_whole_and_names_its_parent_behind_the_table()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(8 * Mebibyte, 0, 1, 64), 3);
        byte[] file = Images.WriteDelta("vhd", delta, "vhd", "base.vhd");
        Assert.Equal(4, file[63]);
        Assert.Equal(file[..512], file[^512..]);
        Assert.Equal(delta.Parent.Identity.Uuid.ToByteArray(bigEndian: true), file[(512 + 40)..(512 + 56)]);
        Assert.Equal([.. Encoding.Unicode.GetBytes(".\\base.vhd"), .. new byte[512 - 20]], file[2048..2560]);
        int changed = 0;
        for (int block = 0; block < 4; block++)
        {
            bool isChanged = Enumerable.Range(block * 32, 32).Any(granule => delta.Changed.IsAllocated(granule));
            uint entry = BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(1536 + block * 4));
            Assert.Equal(isChanged ? (uint)(7 + changed * 4104) : uint.MaxValue, entry);
            if (isChanged)
            {
                int data = 4096 + changed++ * (2 * Mebibyte + 4096);
                Assert.All(file[(data - 512)..data], value => Assert.Equal(0xFF, value));
                int start = block * 2 * Mebibyte;
                Assert.True(file.AsSpan(data, 2 * Mebibyte).SequenceEqual(
                    delta.Child.Content.AsSpan(start, 2 * Mebibyte)));
            }
        }

        Assert.InRange(changed, 1, 4);
    }

    [Fact]
    public void Fixed_image_is_the_disk_and_a_footer_without_a_data_offset()
    {
        TestDisk disk = TestDisk.With(100_000, 1);
        byte[] file = Read("fixed.vhd", disk);
        Assert.Equal(100_352 + 512, file.Length);
        Assert.Equal(disk.Content, file[..100_000]);
        Assert.Equal("FFFFFFFFFFFFFFFF", Convert.ToHexString(file[^496..^488]));
        Assert.Equal(2, file[^449]);
    }

    [Fact]
    public void Fixed_image_has_the_holes_of_the_disk()
    {
        TestDisk disk = TestDisk.With(4 * 65536, 1);
        ImageLayout layout = ImageFormats.Find("fixed.vhd")!.CreateLayout(disk.Identity, disk.Map());
        Assert.Equal(65536, layout.SeekData(0));
        Assert.Equal(2 * 65536, layout.SeekHole(65536));
        Assert.Equal(4 * 65536, layout.SeekData(2 * 65536));
        Assert.Equal(4 * 65536 + 512, layout.SeekHole(4 * 65536));
        Assert.Equal(65536 + 512, layout.AllocatedBytes);
    }

    private static byte[] Read(string name, TestDisk disk) =>
        LayoutReader.ReadAll(ImageFormats.Find(name)!.CreateLayout(disk.Identity, disk.Map()), disk);
}
