using System.Buffers.Binary;
using CsCheck;
using VdiFs.Formats;
using VdiFs.Formats.Reading;
using VdiFs.Formats.Vhd;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Vhd;

public sealed class VhdReaderTests
{
    private const int Iterations = 60;
    private const int Mebibyte = 1024 * 1024;
    private const int SmallBlock = 4096;

    public static TheoryData<string> Names => new("vhd", "packed.vhd", "fixed.vhd");

    [Theory, MemberData(nameof(Names))]
    public void Disk_in_an_image_is_the_one_it_was_made_of_and_nothing_is_wrong(string name)
    {
        TestDisk.Any.Sample(
            disk =>
            {
                byte[] file = Images.Write(name, disk);
                Assert.Equal([], Images.Faults(file, Images.Strict));
                Assert.Equal([], Images.Faults(file, Images.Foreign));
                Assert.True(Images.ReadDisk(Images.Open(file)).AsSpan().SequenceEqual(Images.Padded(disk)));
            },
            iter: Iterations);
    }

    [Theory, MemberData(nameof(Names))]
    public void Format_is_told(string name)
    {
        // Two data blocks, so that their places tell packed from aligned.
        Assert.Equal(name, Images.Open(Images.Write(name, TestDisk.With(6 * Mebibyte, 0, 64))).FormatName);
    }

    [Theory]
    [InlineData("vhd", "vhd")]
    [InlineData("vhd", "packed.vhd")]
    [InlineData("vhd", "fixed.vhd")]
    [InlineData("packed.vhd", "vhd")]
    [InlineData("packed.vhd", "packed.vhd")]
    public void Delta_and_parent_together_are_the_disk(string format, string parentFormat)
    {
        TestDelta.Any.Sample(
            delta =>
            {
                byte[] parent = Images.Write(parentFormat, delta.Parent);
                Dictionary<string, byte[]> directory = new() { ["base.vhd"] = parent };
                byte[] file = Images.WriteDelta(format, delta, parentFormat, "base.vhd");
                Assert.Equal([], Images.Faults(file, Images.Strict, directory));
                Assert.Equal([], Images.Faults(file, Images.Foreign, directory));
                ImageReader image = Images.Open(file, directory);
                Assert.True(Images.ReadDisk(image).AsSpan().SequenceEqual(Images.Padded(delta.Child)));
            },
            iter: Iterations);
    }

    [Fact]
    public void A_chain_of_three_is_read_through()
    {
        TestDelta first = TestDelta.Of(TestDisk.With(5 * Mebibyte, 0, 40, 70), 1);
        TestDelta second = TestDelta.Of(first.Child, 2);
        Dictionary<string, byte[]> directory = new()
        {
            ["a.vhd"] = Images.Write("vhd", first.Parent),
            ["b.vhd"] = Images.WriteDelta("vhd", first, "vhd", "a.vhd"),
        };
        byte[] file = Images.WriteDelta("vhd", second, "vhd", "b.vhd");
        Assert.Equal([], Images.Faults(file, Images.Strict, directory));
        Assert.Equal(second.Child.Content, Images.ReadDisk(Images.Open(file, directory)));
    }

    [Fact]
    public void A_parent_that_is_not_there_is_named()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(Mebibyte, 0), 1);
        byte[] file = Images.WriteDelta("vhd", delta, "vhd", "base.vhd");
        Assert.Equal(
            ["image: its parent \"base.vhd\" is not in the same directory."], Images.Faults(file, Images.Strict));
    }

    [Fact]
    public void An_image_that_is_its_own_parent_comes_to_an_end()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(Mebibyte, 0), 1);
        byte[] file = Images.WriteDelta("vhd", delta, "vhd", "image");
        Assert.Contains(
            "longer than 64 images",
            Assert.Single(Images.Faults(file, Images.Foreign, new() { ["image"] = file })));
    }

    [Fact]
    public void Another_image_in_the_place_of_the_parent_is_found()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(Mebibyte, 0), 1);
        byte[] file = Images.WriteDelta("vhd", delta, "vhd", "base.vhd");
        TestDisk other = delta.Parent.Later(delta.Parent.Allocated);
        Dictionary<string, byte[]> directory = new() { ["base.vhd"] = Images.Write("packed.vhd", delta.Parent) };
        Assert.Contains("parent unique id", Images.Faults(file, Images.Foreign, directory)[0]);
        directory["base.vhd"] = Images.Write("vhd", other);
        Assert.Contains("parent unique id", Images.Faults(file, Images.Foreign, directory)[0]);
    }

    [Fact]
    public void A_disk_is_never_its_own_parent()
    {
        TestDisk disk = TestDisk.With(Mebibyte, 0);
        ParentImage same = new(disk.Identity, disk.Content.Length, ImageFormats.Find("vhd")!, "base.vhd");
        ImageFormatException error = Assert.Throws<ImageFormatException>(
            () => ImageFormats.Find("vhd")!.CreateDelta(disk.Identity, disk.Map(), disk.Map(), same));
        Assert.Equal(ImageFormatErrorKind.ParentRefused, error.Kind);
    }

    [Fact]
    public void Sectors_that_the_bitmap_has_not_are_zeros_or_the_parents()
    {
        TestDisk disk = TestDisk.With(2 * Mebibyte, 0);
        byte[] file = Images.Write("packed.vhd", disk);
        // The bitmap of the one block, behind the table: its sectors 8 to 15 and the last one are not there.
        file[2048 + 1] = 0;
        file[2048 + 511] = 0xFE;
        byte[] content = Images.ReadDisk(Images.Open(file));
        Assert.Equal(disk.Content[..4096], content[..4096]);
        Assert.All(content[4096..8192], value => Assert.Equal(0, value));
        Assert.Equal(disk.Content[8192..], content[8192..]);
        // What is hidden so must not be data: some readers ignore the bitmap.
        Assert.Equal(
            "image: at 6656 (0x1a00): sectors of data block 0 that its bitmap has not: expected 0x00, found "
            + $"0x{disk.Content[4096]:x2}",
            Assert.Single(Images.Faults(file, Images.Foreign)));
        file.AsSpan(2048 + 512 + 4096, 4096).Clear();
        Assert.Equal([], Images.Faults(file, Images.Foreign));
    }

    [Fact]
    public void Blocks_of_another_size_in_another_order_are_read()
    {
        byte[] disk = new byte[3 * SmallBlock];
        new Random(1).NextBytes(disk);
        disk.AsSpan(SmallBlock, SmallBlock).Clear();
        byte[] file = WriteForeign(disk, blockBytes: SmallBlock, order: [2, 0]);
        Assert.Equal(disk, Images.ReadDisk(Images.Open(file)));
        Assert.Equal([], Images.Faults(file, Images.Foreign));
        Assert.NotEmpty(Images.Faults(file, Images.Strict));
    }

    [Fact]
    public void Blocks_over_each_other_and_over_the_table_are_found()
    {
        byte[] disk = new byte[3 * SmallBlock];
        byte[] file = WriteForeign(disk, blockBytes: SmallBlock, order: [2, 0]);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(1536 + 4), 3);
        Assert.Contains(
            "data block 1: expected bytes that nothing else claims", Images.Faults(file, Images.Foreign)[0]);
    }

    [Theory, MemberData(nameof(Names))]
    public void A_file_cut_anywhere_is_found(string name)
    {
        byte[] file = Images.Write(name, TestDisk.With(4 * Mebibyte + 512, 0, 64));
        foreach (int length in Enumerable.Range(0, 5000).Concat(Enumerable.Range(file.Length - 520, 520)))
        {
            byte[] cut = file[..length];
            Assert.True(Images.Faults(cut, Images.Strict).Length > 0, $"cut at {length}");
            Assert.True(Images.Faults(cut, Images.Foreign).Length > 0, $"cut at {length}");
        }
    }

    [Fact]
    public void A_disk_longer_than_any_VHD_holds_is_a_fault()
    {
        // In blocks of 128 MiB a small table speaks for 4 TiB.
        const long Length = 4L << 40;
        byte[] file = new byte[1536 + (Length >> 27) * 4 + 512];
        file.AsSpan(1536).Fill(0xFF);
        new VhdDynamicHeader(1536, (uint)(Length >> 27), 128 * Mebibyte).Write(file.AsSpan(512));
        VhdFooter footer = new(
            512, 1, Length, VhdGeometry.For(Length / 512), VhdDiskType.Dynamic, TestDisk.SomeIdentity.Uuid);
        footer.Write(file);
        footer.Write(file.AsSpan(file.Length - 512));
        Assert.Equal([], Images.Faults(file, Images.Foreign));
        Assert.EndsWith(
            "end footer, current size: expected at most 2190433320960 bytes, found 4398046511104 bytes",
            Assert.Single(Images.Faults(file, Images.Strict)));
    }

    /// <summary>A dynamic VHD of another writer: data blocks of any size, in any order.</summary>
    private static byte[] WriteForeign(byte[] disk, int blockBytes, int[] order)
    {
        int stride = 512 + blockBytes;
        byte[] file = new byte[1536 + 512 + order.Length * stride + 512];
        file.AsSpan(1536, 512).Fill(0xFF);
        for (int rank = 0; rank < order.Length; rank++)
        {
            int place = 2048 + rank * stride;
            BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(1536 + order[rank] * 4), place / 512);
            file.AsSpan(place, 512).Fill(0xFF);
            disk.AsSpan(order[rank] * blockBytes, blockBytes).CopyTo(file.AsSpan(place + 512));
        }

        new VhdDynamicHeader(1536, (uint)(disk.Length / blockBytes), (uint)blockBytes)
            .Write(file.AsSpan(512));
        new VhdFooter(
            512,
            1,
            (ulong)disk.Length,
            VhdGeometry.For(disk.Length / 512),
            VhdDiskType.Dynamic,
            TestDisk.SomeIdentity.Uuid).Write(file);
        file.AsSpan(0, 512).CopyTo(file.AsSpan(file.Length - 512));
        return file;
    }
}
