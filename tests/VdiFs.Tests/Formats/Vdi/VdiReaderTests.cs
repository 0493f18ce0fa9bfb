using System.Buffers.Binary;
using CsCheck;
using VdiFs.Formats;
using VdiFs.Formats.Reading;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Vdi;

public sealed class VdiReaderTests
{
    private const int Iterations = 40;
    private const int Mebibyte = 1024 * 1024;

    [Fact]
    public void Disk_in_an_image_is_the_one_it_was_made_of_and_nothing_is_wrong()
    {
        TestDisk.Any.Sample(
            disk =>
            {
                byte[] file = Images.Write("vdi", disk);
                Assert.Equal([], Images.Faults(file, Images.Strict));
                Assert.Equal([], Images.Faults(file, Images.Foreign));
                ImageReader image = Images.Open(file);
                Assert.False(image.NeedsParent);
                Assert.True(Images.ReadDisk(image).AsSpan().SequenceEqual(Images.Padded(disk)));
            },
            iter: Iterations);
    }

    [Fact]
    public void Delta_and_the_parent_that_it_is_given_together_are_the_disk()
    {
        TestDelta.Any.Sample(
            delta =>
            {
                byte[] file = Images.WriteDelta("vdi", delta, "vdi", "base");
                Assert.Equal([], Images.Faults(file, Images.Strict));
                Assert.Equal([], Images.Faults(file, Images.Foreign));
                ImageReader image = Images.Open(file);
                Assert.True(image.NeedsParent);
                image.SetParent(Images.Open(Images.Write("vdi", delta.Parent)));
                Assert.False(image.NeedsParent);
                Assert.True(Images.ReadDisk(image).AsSpan().SequenceEqual(Images.Padded(delta.Child)));
            },
            iter: Iterations);
    }

    [Fact]
    public void A_chain_of_three_is_read_through()
    {
        TestDelta first = TestDelta.Of(TestDisk.With(5 * Mebibyte, 0, 40, 70), 1);
        TestDelta second = TestDelta.Of(first.Child, 2);
        ImageReader middle = Images.Open(Images.WriteDelta("vdi", first, "vdi", "a"));
        middle.SetParent(Images.Open(Images.Write("vdi", first.Parent)));
        ImageReader last = Images.Open(Images.WriteDelta("vdi", second, "vdi", "b"));
        last.SetParent(middle);
        Assert.Equal(second.Child.Content, Images.ReadDisk(last));
    }

    [Fact]
    public void A_delta_without_its_parent_says_which_one_it_needs()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(Mebibyte, 0), 1);
        byte[] file = Images.WriteDelta("vdi", delta, "vdi", "base");
        file.AsSpan(512, 4).Fill(0xFF);
        Guid parent = new(file.AsSpan(424, 16));
        ImageFormatException error = Assert.Throws<ImageFormatException>(() => Images.Open(file).Locate(0, 1));
        Assert.Equal(ImageFormatErrorKind.ParentRefused, error.Kind);
        Assert.Contains($"on top of the image {parent}", error.Message);
    }

    [Fact]
    public void Another_image_than_the_parent_is_refused()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(Mebibyte, 0), 1);
        byte[] parent = Images.Write("vdi", delta.Parent);
        ImageReader image = Images.Open(Images.WriteDelta("vdi", delta, "vdi", "base"));
        byte[] later = [.. parent];
        later[408]++;
        byte[] shorter = [.. parent];
        (shorter[369], shorter[370]) = (0xFE, 0x0F);
        AssertRefused("the given parent is qcow2", Images.Write("qcow2", delta.Parent));
        AssertRefused("the given parent is ", Images.Write("vdi", delta.Child));
        AssertRefused("it was changed since", later);
        AssertRefused("a parent of 1048576 bytes; the given one has 1048064", shorter);
        Assert.Throws<ImageFormatException>(() => Images.Open(parent).SetParent(Images.Open(parent)));

        void AssertRefused(string reason, byte[] other)
        {
            ImageFormatException error = Assert.Throws<ImageFormatException>(() => image.SetParent(Images.Open(other)));
            Assert.Equal(ImageFormatErrorKind.ParentRefused, error.Kind);
            Assert.Contains(reason, error.Message);
        }
    }

    [Fact]
    public void Blocks_in_another_order_zero_blocks_and_fixed_images_are_read()
    {
        TestDisk disk = TestDisk.With(4 * Mebibyte, 0, 16, 32, 48);
        byte[] file = Images.Write("vdi", disk);
        byte[] first = file[Mebibyte..(2 * Mebibyte)];
        file.AsSpan(2 * Mebibyte, Mebibyte).CopyTo(file.AsSpan(Mebibyte));
        first.CopyTo(file, 2 * Mebibyte);
        (file[512], file[516]) = (1, 0);
        file[76] = 2;
        // The header without the geometry at its end, as qemu has it.
        file[72] = 0x80;
        "made by hand"u8.CopyTo(file.AsSpan(84));
        Assert.Equal([], Images.Faults(file, Images.Foreign));
        Assert.NotEmpty(Images.Faults(file, Images.Strict));
        Assert.Equal(disk.Content, Images.ReadDisk(Images.Open(file)));
        // A zero block, whatever a parent has.
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(512), 0xFFFFFFFE);
        file[388]--;
        file[76] = 4;
        file[424] = 1;
        file[440] = 1;
        Assert.Equal([], Images.Faults(file, Images.Foreign));
        Assert.Equal(new ImagePiece(PieceKind.Zero, Mebibyte), Images.Open(file).Locate(0, 4 * Mebibyte));
    }

    [Theory]
    [InlineData(76, 3u, "u32Type: expected 1 dynamic, 2 fixed or 4 differencing, found 3")]
    [InlineData(340, 0xFFFFFFFF, "map: expected 4 entries of 4 bytes in the file")]
    [InlineData(368, 0x400001u, "cbDisk: expected at most 4194304 bytes")]
    [InlineData(376, 0x180000u, "cbBlock: expected a power of two")]
    [InlineData(376, 256u, "cbBlock: expected a power of two")]
    [InlineData(376, 0x08000000u, "cbBlock: expected a power of two")]
    [InlineData(380, 512u, "cbBlockExtra: expected 0, found 512")]
    [InlineData(384, 3u, "cbDisk: expected at most 3145728 bytes")]
    [InlineData(384, 0xFFFFFFFF, "map: expected 4294967295 entries")]
    public void What_cannot_be_read_right_is_refused_with_the_reason(int offset, uint value, string reason)
    {
        byte[] file = Images.Write("vdi", TestDisk.With(4 * Mebibyte, 0));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(offset), value);
        Assert.Contains(reason, Assert.Single(Images.Faults(file, Images.Foreign)));
    }
}
