using System.Buffers.Binary;
using System.Text;
using CsCheck;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Vhd.Directory;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Vhd.Directory;

public sealed class VhdDirectoryTests
{
    private const int BlockBytes = 2 * 1024 * 1024;

    // Blocks 0 and 2 of three, the last of one sector.
    private static readonly TestDisk Disk = TestDisk.With(2 * BlockBytes + 512, 1, 64);

    [Fact]
    public void Names_are_those_of_Xen_Orchestra()
    {
        VhdDirectory directory = VhdDirectory.Create(Disk.Identity, Disk.Map());
        Assert.Equal(
            [
                "header", "footer", "bat",
                .. Enumerable.Range(0, 8).Select(index => $"parentLocatorEntry{index}"), "blocks",
            ],
            directory.List(""));
        Assert.Equal(["0"], directory.List("blocks"));
        Assert.Equal(["0", "2"], directory.List("blocks/0"));
        Assert.Empty(directory.List("blocks/1"));
        Assert.Empty(directory.List("other"));
        Assert.True(directory.HasDirectory("blocks"));
        Assert.True(directory.HasDirectory("blocks/0"));
        Assert.False(directory.HasDirectory("blocks/1"));
    }

    [Fact]
    public void Header_and_footer_are_those_of_the_file()
    {
        VhdDirectory directory = VhdDirectory.Create(Disk.Identity, Disk.Map());
        byte[] file = Images.Write("vhd", Disk);
        Assert.Equal(file[..512], Read(directory, "footer", Disk));
        Assert.Equal(file[512..1536], Read(directory, "header", Disk));
        Assert.Equal(new byte[] { 0b1010_0000, 0, 0 }, Read(directory, "bat", Disk));
        Assert.Empty(Read(directory, "parentLocatorEntry0", Disk));
    }

    [Fact]
    public void A_block_is_a_bitmap_of_ones_and_its_bytes()
    {
        VhdDirectory directory = VhdDirectory.Create(Disk.Identity, Disk.Map());
        byte[] first = Read(directory, "blocks/0/0", Disk);
        Assert.Equal(512 + BlockBytes, first.Length);
        Assert.All(first[..512], value => Assert.Equal(0xFF, value));
        Assert.Equal(Disk.Content[..BlockBytes], first[512..]);
        byte[] last = Read(directory, "blocks/0/2", Disk);
        Assert.Equal(512 + BlockBytes, last.Length);
        Assert.Equal(Disk.Content[^512..], last[512..1024]);
        Assert.Equal(-1, last.AsSpan(1024).IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData("blocks/0/1")]
    [InlineData("blocks/0/3")]
    [InlineData("blocks/0/1000")]
    [InlineData("blocks/0/00")]
    [InlineData("blocks/00/0")]
    [InlineData("blocks/-1/0")]
    [InlineData("blocks/4294967296/0")]
    [InlineData("blocks/2147483647/999")]
    [InlineData("blocks/0/")]
    [InlineData("blocks/0")]
    [InlineData("blocks")]
    [InlineData("0/0")]
    [InlineData("parentLocatorEntry8")]
    [InlineData("")]
    public void There_is_no_file_of_another_name(string name)
    {
        Assert.Null(VhdDirectory.Create(Disk.Identity, Disk.Map()).Find(name));
    }

    [Fact]
    public void What_is_listed_is_found_and_holds_the_disk()
    {
        TestDisk.Any.Sample(
            disk =>
            {
                VhdDirectory directory = VhdDirectory.Create(disk.Identity, disk.Map());
                byte[] content = new byte[Images.Padded(disk).Length];
                Fill(directory, disk, content);
                Assert.Equal(Images.Padded(disk), content);
            },
            iter: 20);
    }

    [Fact]
    public void Blocks_of_a_delta_over_its_parent_are_the_disk()
    {
        TestDelta.Any.Sample(
            delta =>
            {
                VhdDirectory directory = VhdDirectory.CreateDelta(
                    delta.Child.Identity, delta.Child.Map(), delta.Changed, delta.Parent.Identity, "base.alias.vhd");
                byte[] content = Images.Padded(delta.Parent);
                Fill(directory, delta.Child, content);
                Assert.Equal(Images.Padded(delta.Child), content);
            },
            iter: 20);
    }

    [Fact]
    public void A_delta_names_the_alias_of_its_parent()
    {
        TestDelta delta = TestDelta.Of(Disk, 1);
        VhdDirectory directory = VhdDirectory.CreateDelta(
            delta.Child.Identity, delta.Child.Map(), delta.Changed, delta.Parent.Identity, "base.alias.vhd");
        byte[] header = Read(directory, "header", delta.Child);
        Assert.Equal(delta.Parent.Identity.Uuid.ToByteArray(bigEndian: true), header[40..56]);
        Assert.Equal("base.alias.vhd\0", Encoding.BigEndianUnicode.GetString(header[64..94]));
        // W2ru, one sector, 32 bytes, no offset.
        Assert.Equal(
            "57327275" + "00000001" + "00000020" + "00000000" + "0000000000000000",
            Convert.ToHexString(header[576..600]));
        Assert.Equal(
            @".\base.alias.vhd", Encoding.Unicode.GetString(Read(directory, "parentLocatorEntry0", delta.Child)));
        Assert.Equal(4u, BinaryPrimitives.ReadUInt32BigEndian(Read(directory, "footer", delta.Child).AsSpan(60)));
        Assert.Equal("x.vhd"u8.ToArray(), LayoutReader.ReadAll(VhdDirectory.Alias("x.vhd"), Disk));
    }

    [Fact]
    public void A_parent_that_is_the_disk_itself_or_elsewhere_is_refused()
    {
        AllocationMap map = Disk.Map();
        DiskIdentity other = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), Disk.Identity.SnapshotTime);
        Assert.Throws<ImageFormatException>(() =>
            VhdDirectory.CreateDelta(Disk.Identity, map, map, Disk.Identity, "base.alias.vhd"));
        Assert.Throws<ImageFormatException>(() =>
            VhdDirectory.CreateDelta(Disk.Identity, map, map, other, "../base.alias.vhd"));
    }

    [Fact]
    public void A_disk_of_64_TiB_has_no_limit_of_2_TiB_and_takes_the_memory_of_its_blocks()
    {
        const long Length = 64L << 40;
        AllocationMapBuilder builder = new(Length, 65536);
        builder.Mark(Length - 1, 1);
        AllocationMap map = builder.Build();
        Assert.Null(VhdDirectory.RefusalFor(Length));
        VhdDirectory directory = VhdDirectory.Create(Disk.Identity, map);
        Assert.Equal(["33554"], directory.List("blocks"));
        Assert.Equal(["431"], directory.List("blocks/33554"));
        Assert.Equal(
            new Segment(SegmentKind.Disk, Length - 65536, 65536),
            directory.Find("blocks/33554/431")!.Locate(512 + BlockBytes - 65536, long.MaxValue));
        ImageLayout bits = directory.Find("bat")!;
        Assert.Equal(Length / BlockBytes, bits.Length);
        byte[] last = new byte[1];
        bits.ReadMetadata(Length / BlockBytes / 8 - 1, last);
        Assert.Equal(1, last[0]);
    }

    private static void Fill(VhdDirectory directory, TestDisk disk, byte[] content)
    {
        foreach (string group in directory.List("blocks"))
        {
            foreach (string name in directory.List("blocks/" + group))
            {
                int start = (int.Parse(group) * 1000 + int.Parse(name)) * BlockBytes;
                byte[] block = Read(directory, $"blocks/{group}/{name}", disk);
                Assert.Equal(-1, block.AsSpan(0, 512).IndexOfAnyExcept((byte)0xFF));
                block.AsSpan(512, Math.Min(BlockBytes, content.Length - start)).CopyTo(content.AsSpan(start));
            }
        }
    }

    private static byte[] Read(VhdDirectory directory, string name, TestDisk disk) =>
        LayoutReader.ReadAll(directory.Find(name)!, disk);
}
