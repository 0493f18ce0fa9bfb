using CsCheck;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using VdiFs.Formats.Reading;
using VdiFs.Tests.Formats.Reading;
using Xunit;
using static VdiFs.Tests.Formats.Vhdx.VhdxImages;

namespace VdiFs.Tests.Formats.Vhdx;

public sealed class VhdxReaderTests
{
    private static readonly TestDisk Disk = TestDisk.With(8 * Mebibyte, 0, 1, 40, 97, 127);
    private static readonly byte[] Good = Images.Write("vhdx", Disk);

    [Fact]
    public void Disk_in_any_image_is_the_disk_and_nothing_is_wrong_with_it()
    {
        TestDisk.Any.Sample(
            disk =>
            {
                byte[] file = Images.Write("vhdx", disk);
                Assert.Equal(Images.Padded(disk), Images.ReadDisk(Images.Open(file)));
                Assert.Empty(Images.Faults(file, Images.Strict));
                Assert.Empty(Images.Faults(file, Images.Foreign));
            },
            iter: 30);
    }

    [Fact]
    public void Disk_in_any_delta_is_the_disk_and_nothing_is_wrong_with_it()
    {
        TestDelta.Any.Sample(
            delta =>
            {
                Dictionary<string, byte[]> directory = new() { ["older.vhdx"] = Images.Write("vhdx", delta.Parent) };
                byte[] file = Images.WriteDelta("vhdx", delta, "vhdx", "older.vhdx");
                ImageReader image = Images.Open(file, directory);
                Assert.Equal("vhdx", image.Parent!.FormatName);
                Assert.Equal(Images.Padded(delta.Child), Images.ReadDisk(image));
                Assert.Empty(Images.Faults(file, Images.Strict, directory));
                Assert.Empty(Images.Faults(file, Images.Foreign, directory));
            },
            iter: 30);
    }

    [Fact]
    public void A_delta_may_be_the_parent_of_a_delta()
    {
        TestDelta first = TestDelta.Of(Disk, 1);
        TestDelta second = TestDelta.Of(first.Child, 3);
        Dictionary<string, byte[]> directory = new()
        {
            ["0.vhdx"] = Images.Write("vhdx", Disk),
            ["1.vhdx"] = Images.WriteDelta("vhdx", first, "vhdx", "0.vhdx"),
        };
        byte[] file = Images.WriteDelta("vhdx", second, "vhdx", "1.vhdx");
        Assert.Equal(second.Child.Content, Images.ReadDisk(Images.Open(file, directory)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_block_in_this_state_is_zeros(ulong state)
    {
        byte[] file = Good.With(bytes => bytes.Put(Table, state));
        Assert.Equal(new ImagePiece(PieceKind.Zero, 2 * Mebibyte), Images.Open(file).Locate(0, long.MaxValue));
        // The place where the block was is nobody's.
        Assert.DoesNotContain(Images.Faults(file, Images.Foreign), fault => fault.Contains("entry"));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(7)]
    public void A_block_in_this_state_is_an_error(ulong state)
    {
        byte[] file = Good.With(bytes => bytes.Put(Table, state | 4 * Mebibyte));
        ImageReader image = Images.Open(file);
        Assert.Equal(
            ImageFormatErrorKind.Malformed,
            Assert.Throws<ImageFormatException>(() => image.Locate(0, long.MaxValue)).Kind);
        Assert.Contains("entry of payload block 0", Images.Faults(file, Images.Foreign)[0]);
    }

    [Fact]
    public void Blocks_in_another_order_are_another_programs()
    {
        byte[] file = Good.With(bytes =>
        {
            bytes.Swap(Table, Table + 24);
            byte[] first = bytes[(4 * Mebibyte)..(6 * Mebibyte)];
            ulong place = bytes.Get(Table) >> 20 << 20;
            bytes.AsSpan((int)place, 2 * Mebibyte).CopyTo(bytes.AsSpan(4 * Mebibyte));
            first.CopyTo(bytes, (int)place);
        });
        Assert.Equal(Disk.Content, Images.ReadDisk(Images.Open(file)));
        Assert.Empty(Images.Faults(file, Images.Foreign));
        Assert.StartsWith("image: at 3145730 (0x300002): block allocation table: expected 0x40", Assert.Single(
            Images.Faults(file, Images.Strict)));
    }

    [Fact]
    public void Sectors_of_a_partly_present_block_come_from_image_and_parent()
    {
        TestDelta delta = TestDelta.Of(Disk, 8);
        Assert.True(delta.Changed.WithGranule(2 * Mebibyte).IsAllocated(0));
        byte[] parent = Images.Write("vhdx", delta.Parent);
        byte[] file = Images.WriteDelta("vhdx", delta, "vhdx", "0.vhdx");
        int bitmap = (int)(file.Get(Table + 2048 * 8) >> 20 << 20);
        // Sectors 3 and 8 to 15 of block 0 are the parent's: the least significant bit is the first sector's.
        file[bitmap] = 0b1111_0111;
        file[bitmap + 1] = 0;
        byte[] expected = [.. delta.Child.Content];
        Parent(3 * 512, 512);
        Parent(8 * 512, 8 * 512);

        ImageReader image = Images.Open(file, new() { ["0.vhdx"] = parent });
        Assert.Equal(expected, Images.ReadDisk(image));
        Assert.Equal(new ImagePiece(PieceKind.Stored, 1536), image.Locate(0, long.MaxValue));
        Assert.Equal(new ImagePiece(PieceKind.Parent, 511), image.Locate(1537, long.MaxValue));
        Assert.Empty(Images.Faults(file, Images.Foreign, new() { ["0.vhdx"] = parent }));

        void Parent(int offset, int length) =>
            delta.Parent.Content.AsSpan(offset, length).CopyTo(expected.AsSpan(offset));
    }

    [Fact]
    public void A_log_that_was_not_replayed_is_refused_with_the_reason()
    {
        byte[] file = Good.With(bytes =>
        {
            bytes[SecondHeader + 48] = 1;
            bytes.SealAll();
        });
        Assert.Contains("must be replayed first", Assert.Throws<ImageFormatException>(() => Images.Open(file)).Message);
    }

    [Fact]
    public void One_damaged_header_or_region_table_does_not_hide_the_disk()
    {
        foreach (int offset in new[] { FirstHeader, SecondHeader, FirstRegions, SecondRegions })
        {
            byte[] file = Good.With(bytes => bytes[offset + 20] ^= 1);
            Assert.Equal(Disk.Content, Images.ReadDisk(Images.Open(file)));
            Assert.Contains("checksum", Images.Faults(file, Images.Foreign)[0]);
        }
    }

    [Fact]
    public void A_missing_parent_is_named()
    {
        byte[] file = Images.WriteDelta("vhdx", TestDelta.Of(Disk, 1), "vhdx", "older.vhdx");
        Assert.Contains(
            "\"older.vhdx\"", Assert.Throws<ImageFormatException>(() => Images.Open(file)).Message);
    }

    [Fact]
    public void A_parent_with_another_id_is_refused()
    {
        byte[] file = Images.WriteDelta("vhdx", TestDelta.Of(Disk, 1), "vhdx", "older.vhdx");
        byte[] other = Images.Write("vhdx", TestDelta.Of(Disk, 1).Child);
        Assert.Contains(
            "data write id",
            Assert.Throws<ImageFormatException>(() => Images.Open(file, new() { ["older.vhdx"] = other })).Message);
    }

    [Fact]
    public void A_parent_in_another_directory_is_not_looked_for()
    {
        byte[] file = Images.WriteDelta("vhdx", TestDelta.Of(Disk, 1), "vhdx", "older.vhdx");
        file.Rename(@".\older.vhdx", @"..\lder.vhdx");
        Assert.Contains(
            "a file of the same directory",
            Assert.Throws<ImageFormatException>(() => Images.Open(file)).Message);
    }

    [Fact]
    public void A_chain_without_an_end_is_refused()
    {
        ImageFormat vhdx = ImageFormats.Find("vhdx")!;
        byte[] file = LayoutReader.ReadAll(
            vhdx.CreateDelta(
                Disk.Identity,
                Disk.Map(),
                AllocationMap.Full(Disk.Content.Length, 65536),
                new ParentImage(Disk.Identity, Disk.Content.Length, vhdx, "image")),
            Disk);
        Assert.Contains(
            "has no end",
            Assert.Throws<ImageFormatException>(() => Images.Open(file, new() { ["image"] = file })).Message);
    }

    [Fact]
    public void Every_truncation_is_an_error()
    {
        for (int length = 0; length < Good.Length; length += 40_009)
        {
            Assert.NotEmpty(Images.Faults(Good[..length], Images.Foreign));
        }
    }

    [Fact]
    public void Hostile_numbers_behind_good_checksums_are_faults_and_no_other_errors()
    {
        ulong[] values = [0, 1, 0xFFFF, 0x80000000, 0xFFFFFFFF, 1UL << 63, ulong.MaxValue, long.MaxValue, 1UL << 40];
        Random random = new(3);
        for (int run = 0; run < 400; run++)
        {
            byte[] file = Good.With(bytes =>
            {
                int record = random.Next(4);
                int field = random.Next(2, 10) * 8;
                ulong value = values[random.Next(values.Length)];
                // Often in both copies, so that none hides behind the other.
                bytes.Put(new[] { FirstHeader, SecondHeader, FirstRegions, SecondRegions }[record] + field, value);
                bytes.Put(new[] { SecondHeader, FirstHeader, SecondRegions, FirstRegions }[record] + field, value);
                bytes.Put(Items + random.Next(6) * 8, values[random.Next(values.Length)]);
                bytes.SealAll();
            });
            Assert.NotEmpty(Images.Faults(file, Images.Strict));
            _ = Images.Faults(file, Images.Foreign);
        }
    }
}
