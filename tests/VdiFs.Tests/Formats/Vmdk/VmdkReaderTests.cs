using System.Text;
using VdiFs.Formats;
using VdiFs.Formats.Reading;
using VdiFs.Tests.Formats.Reading;
using CsCheck;
using Xunit;

namespace VdiFs.Tests.Formats.Vmdk;

public sealed class VmdkReaderTests
{
    private const int Iterations = 60;

    [Theory]
    [InlineData("vmdk")]
    [InlineData("stream.vmdk")]
    public void Disk_in_an_image_is_the_one_it_was_made_of_and_nothing_is_wrong(string name)
    {
        TestDisk.Any.Sample(disk => AssertHolds(disk, Images.Write(name, disk), []), iter: Iterations);
    }

    [Fact]
    public void Disk_in_a_flat_image_is_that_of_its_extent()
    {
        TestDisk.Any.Sample(
            disk => AssertHolds(disk, Images.Write("flat.vmdk", disk), Extent(disk)), iter: Iterations);
    }

    [Theory]
    [InlineData("vmdk")]
    [InlineData("stream.vmdk")]
    [InlineData("flat.vmdk")]
    public void Format_is_told(string name)
    {
        TestDisk disk = TestDisk.With(3_000_000, 1);
        Assert.Equal(name, Images.Open(Images.Write(name, disk), Extent(disk)).FormatName);
    }

    [Theory]
    [InlineData("vmdk", "base.vmdk")]
    [InlineData("flat.vmdk", "disk.flat.vmdk")]
    public void Delta_and_parent_together_are_the_disk(string parentFormat, string parentName)
    {
        TestDelta.Any.Sample(
            delta =>
            {
                Dictionary<string, byte[]> directory = Extent(delta.Parent);
                directory[parentName] = Images.Write(parentFormat, delta.Parent);
                byte[] file = Images.WriteDelta("vmdk", delta, parentFormat, parentName);
                AssertHolds(delta.Child, file, directory);
            },
            iter: Iterations);
    }

    [Fact]
    public void A_chain_of_deltas_ends_at_the_image_that_stands_alone()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(5_000_001, 0, 1, 31, 70, 76), 4);
        byte[] file = Images.WriteDelta("vmdk", delta, "vmdk", "base.vmdk");
        ImageReader child = Images.Open(
            file, new Dictionary<string, byte[]> { ["base.vmdk"] = Images.Write("vmdk", delta.Parent) });
        Assert.NotNull(child.Parent);
        Assert.Null(child.Parent.Parent);
    }

    [Fact]
    public void A_parent_that_is_missing_another_or_the_child_itself_is_told()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(5_000_001, 0, 1, 31, 70, 76), 4);
        byte[] file = Images.WriteDelta("vmdk", delta, "vmdk", "base.vmdk");
        Assert.Contains("\"base.vmdk\" is not in the same directory", Images.Faults(file, Images.Strict).Single());
        Dictionary<string, byte[]> directory = new() { ["base.vmdk"] = Images.Write("vmdk", delta.Child) };
        Assert.Contains(
            Images.Faults(file, Images.Strict, directory), fault => fault.Contains("parentCID", StringComparison.Ordinal));
        Assert.Contains(
            Images.Faults(file, Images.Foreign, directory), fault => fault.Contains("parentCID", StringComparison.Ordinal));
        directory["base.vmdk"] = file;
        Assert.Contains("the chain of its parents", Images.Faults(file, Images.Strict, directory).Single());
    }

    [Fact]
    public void A_renamed_file_is_whole_unless_another_one_answers_to_its_old_name()
    {
        byte[] file = Images.Write("vmdk", TestDisk.With(3_000_000, 1));
        Assert.Equal([], Images.Faults(file, Images.Strict));
        string fault = Assert.Single(
            Images.Faults(file, Images.Strict, new Dictionary<string, byte[]> { ["disk.vmdk"] = file }));
        Assert.Contains("\"disk.vmdk\", which is another file here", fault);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Compressed_grains_of_others_are_read_and_accepted_only_as_foreign(bool isLastPadded)
    {
        TestDisk disk = TestDisk.With(5_000_001, 0, 1, 31, 70, 76);
        byte[] file = CompressedVmdk.Write(disk, isLastPadded);
        ImageReader image = Images.Open(file);
        Assert.Equal("stream.vmdk", image.FormatName);
        Assert.True(Images.ReadDisk(image).AsSpan().SequenceEqual(Images.Padded(disk)));
        Assert.Equal([], Images.Faults(file, Images.Foreign));
        Assert.NotEmpty(Images.Faults(file, Images.Strict));
    }

    [Fact]
    public void A_damaged_compressed_grain_is_an_error_and_not_zeros()
    {
        TestDisk disk = TestDisk.With(5_000_001, 0, 1, 31, 70, 76);
        byte[] good = CompressedVmdk.Write(disk, isLastPadded: true);
        // The first grain's marker, its stream from the header to the checksum.
        int end = CompressedVmdk.FirstGrain + 12 + BitConverter.ToInt32(good, CompressedVmdk.FirstGrain + 8);
        for (int offset = CompressedVmdk.FirstGrain; offset < end; offset += 97)
        {
            AssertIsError(offset);
        }

        AssertIsError(end - 1);

        void AssertIsError(int offset)
        {
            byte[] file = [.. good];
            file[offset] ^= 0x10;
            ImageReader image = Images.Open(file);
            Assert.Throws<ImageFormatException>(() => image.ReadStored(0, new byte[512]));
            Assert.NotEmpty(Images.Faults(file, Images.Foreign));
        }
    }

    [Fact]
    public void Grains_that_are_said_to_be_zeros_are_read_as_such_and_never_written()
    {
        TestDisk disk = TestDisk.With(5_000_001, 0, 1);
        byte[] file = Images.Write("vmdk", disk);
        int tables = (BitConverter.ToInt32(file, 48) + 1) * 512;
        int primary = (BitConverter.ToInt32(file, 56) + 1) * 512;
        file[4] = 2;
        file[8] |= 4;
        file[tables + (4 * 5)] = 1;
        file[primary + (4 * 5)] = 1;
        ImageReader image = Images.Open(file);
        Assert.Equal(new ImagePiece(PieceKind.Zero, 65536), image.Locate(5 * 65536, 65536));
        Assert.Equal([], Images.Faults(file, Images.Foreign));
        Assert.NotEmpty(Images.Faults(file, Images.Strict));
    }

    [Fact]
    public void An_extent_of_another_length_is_told()
    {
        TestDisk disk = TestDisk.With(3_000_000, 1);
        byte[] file = Images.Write("flat.vmdk", disk);
        byte[] extent = Extent(disk)["disk-flat.vmdk"];
        Assert.Contains("not in the same directory", Images.Faults(file, Images.Strict).Single());
        Assert.Contains("length of the extent", Faults(extent[..^512]).Single());
        Assert.Contains("length of the extent", Faults([.. extent, 0]).Single());

        string[] Faults(byte[] bytes) => Images.Faults(
            file, Images.Strict, new Dictionary<string, byte[]> { ["disk-flat.vmdk"] = bytes });
    }

    [Theory]
    [InlineData("RW 8 SPARSE \"a.vmdk\"")]
    [InlineData("RW 8 FLAT \"disk-flat.vmdk\" 0\nRW 8 FLAT \"b.vmdk\" 0")]
    [InlineData("RW 8 ZERO")]
    [InlineData("RDONLY 8 FLAT \"disk-flat.vmdk\" 0")]
    [InlineData("RW 99999999999999999999 FLAT \"disk-flat.vmdk\" 0")]
    [InlineData("RW 9223372036854775807 FLAT \"disk-flat.vmdk\" 9223372036854775807")]
    [InlineData("")]
    public void Extents_that_cannot_be_read_are_refused(string extents)
    {
        string text = "# Disk DescriptorFile\nversion=1\nCID=12345678\ncreateType=\"monolithicFlat\"\n" + extents + "\n";
        Dictionary<string, byte[]> directory = new() { ["disk-flat.vmdk"] = new byte[4096] };
        Assert.Throws<ImageFormatException>(() => Images.Open(Encoding.ASCII.GetBytes(text), directory));
    }

    [Fact]
    public void A_descriptor_of_another_writer_is_understood()
    {
        const string Text = "# Disk DescriptorFile\r\nversion = 1\r\nencoding=\"UTF-8\"\r\nCID = 1a2b3c4d\r\n"
            + "parentCID=ffffffff\r\ncreateType=\"vmfs\"\r\n\r\n# Extent description\r\n"
            + "RW 8 VMFS \"disk-flat.vmdk\"\r\n\r\n# The Disk Data Base\r\n#DDB\r\n\r\nddb.adapterType = \"ide\"\r\n";
        byte[] content = [.. Enumerable.Range(0, 4096).Select(value => (byte)(value * 7))];
        ImageReader image = Images.Open(
            Encoding.ASCII.GetBytes(Text), new Dictionary<string, byte[]> { ["disk-flat.vmdk"] = content });
        Assert.Equal(content, Images.ReadDisk(image));
        Assert.Empty(image.Check(Images.Foreign));
        Assert.NotEmpty(image.Check(Images.Strict));
    }

    private static void AssertHolds(TestDisk disk, byte[] file, Dictionary<string, byte[]> directory)
    {
        Assert.Equal([], Images.Faults(file, Images.Strict, directory));
        Assert.Equal([], Images.Faults(file, Images.Foreign, directory));
        Assert.True(Images.ReadDisk(Images.Open(file, directory)).AsSpan().SequenceEqual(Images.Padded(disk)));
    }

    private static Dictionary<string, byte[]> Extent(TestDisk disk) =>
        new() { ["disk-flat.vmdk"] = Images.Write("flat.vmdk.extent", disk) };
}
