using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using Xunit;

namespace VdiFs.Tests.Formats;

public sealed class ImageFormatsTests
{
    private const long LargestVhd = 2_190_433_320_960;

    [Fact]
    public void All_formats_are_listed_in_this_order()
    {
        Assert.Equal(
            [
                "disk.raw", "disk.vhd", "disk.packed.vhd", "disk.fixed.vhd", "disk.alias.vhd", "disk.vmdk",
                "disk.stream.vmdk", "disk.flat.vmdk", "disk-flat.vmdk", "disk.qcow2", "disk.vhdx", "disk.vdi", "disk.ova",
            ],
            ImageFormats.All.Select(format => format.FileName));
    }

    [Fact]
    public void Every_choice_chooses_and_the_two_files_of_a_flat_VMDK_are_chosen_together()
    {
        Assert.Equal(
            [
                "raw", "vhd", "packed.vhd", "fixed.vhd", "blocks", "vmdk", "stream.vmdk",
                "flat.vmdk", "qcow2", "vhdx", "vdi", "ova",
            ],
            ImageFormats.Choices);
        Assert.Equal(
            ["disk.flat.vmdk", "disk-flat.vmdk"],
            ImageFormats.ChosenBy("flat.vmdk").Select(format => format.FileName));
        Assert.Equal(
            ImageFormats.All, ImageFormats.Choices.SelectMany(ImageFormats.ChosenBy));
        Assert.Empty(ImageFormats.ChosenBy("flat.vmdk.extent"));
    }

    [Theory]
    [InlineData("raw", true, false)]
    [InlineData("vhd", true, true)]
    [InlineData("packed.vhd", false, true)]
    [InlineData("fixed.vhd", false, false)]
    [InlineData("vmdk", true, true)]
    [InlineData("stream.vmdk", false, true)]
    [InlineData("flat.vmdk", false, false)]
    [InlineData("qcow2", false, true)]
    [InlineData("vhdx", false, true)]
    [InlineData("vdi", false, true)]
    [InlineData("ova", false, true)]
    public void Format_says_whether_it_is_listed_and_packed(string name, bool isListed, bool isPacked)
    {
        ImageFormat format = ImageFormats.Find(name)!;
        Assert.Equal(isListed, format.IsListedByDefault);
        Assert.Equal(isPacked, format.IsPacked);
        Assert.Same(format, ImageFormats.FindByFileName("disk." + name));
    }

    [Theory]
    [InlineData("qcow")]
    [InlineData("VHD")]
    [InlineData("")]
    public void Find_knows_no_other_names(string name)
    {
        Assert.Null(ImageFormats.Find(name));
        Assert.Null(ImageFormats.FindByFileName("disk." + name));
    }

    [Theory]
    [InlineData("vhd")]
    [InlineData("packed.vhd")]
    [InlineData("fixed.vhd")]
    public void A_disk_of_more_than_2040_GiB_is_refused_with_the_limit(string name)
    {
        ImageFormat format = ImageFormats.Find(name)!;
        Assert.Null(format.RefusalFor(LargestVhd));
        Assert.Equal(
            $"The disk has 2190433320961 bytes: a {name} image holds at most 2190433320960 bytes (2040 GiB).",
            format.RefusalFor(LargestVhd + 1));
        ImageFormatException error = Assert.Throws<ImageFormatException>(() =>
            format.CreateLayout(TestDisk.SomeIdentity, AllocationMap.Full(LargestVhd + 1, 65536)));
        Assert.Equal(ImageFormatErrorKind.DiskTooLarge, error.Kind);
    }

    [Fact]
    public void A_flat_vmdk_holds_a_full_disk_of_64_TiB_and_no_longer_one()
    {
        const long Longest = 1L << 46;
        foreach (ImageFormat format in ImageFormats.ChosenBy("flat.vmdk"))
        {
            Assert.Null(format.RefusalFor(AllocationMap.Full(Longest, 65536)));
            Assert.Contains("at most 70368744177664 bytes (65536 GiB)", format.RefusalFor(Longest + 1));
        }
    }

    [Theory]
    [InlineData("vmdk", LargestVhd)]
    [InlineData("stream.vmdk", 2030L << 30)]
    public void A_vmdk_file_of_2_TiB_or_more_is_refused_and_a_sparse_disk_of_64_TiB_is_not(string name, long longestFull)
    {
        const long TiB = 1L << 40;
        ImageFormat vmdk = ImageFormats.Find(name)!;
        Assert.Null(vmdk.RefusalFor(64 * TiB));
        Assert.Null(vmdk.RefusalFor(new AllocationMapBuilder(64 * TiB, 65536).Build()));
        Assert.Null(vmdk.RefusalFor(AllocationMap.Full(longestFull, 65536)));
        Assert.Contains(
            "stays below 2199023255552 bytes (2048 GiB)", vmdk.RefusalFor(AllocationMap.Full(2 * TiB, 65536)));
        Assert.Equal(
            ImageFormatErrorKind.DiskTooLarge,
            Assert.Throws<ImageFormatException>(() =>
                vmdk.CreateLayout(TestDisk.SomeIdentity, AllocationMap.Full(2 * TiB, 65536))).Kind);
    }

    [Theory]
    [InlineData("vhd")]
    [InlineData("packed.vhd")]
    [InlineData("fixed.vhd")]
    [InlineData("blocks")]
    [InlineData("vmdk")]
    [InlineData("stream.vmdk")]
    [InlineData("flat.vmdk")]
    [InlineData("flat.vmdk.extent")]
    [InlineData("qcow2")]
    [InlineData("vdi")]
    public void An_empty_disk_is_refused(string name)
    {
        ImageFormat format = ImageFormats.Find(name)!;
        Assert.Equal($"The disk is empty: a {name} image holds at least one byte.", format.RefusalFor(0));
        ImageFormatException error = Assert.Throws<ImageFormatException>(() =>
            format.CreateLayout(TestDisk.SomeIdentity, AllocationMap.Full(0, 65536)));
        Assert.Equal(ImageFormatErrorKind.DiskEmpty, error.Kind);
    }

    [Fact]
    public void Raw_holds_every_disk()
    {
        Assert.Null(ImageFormats.Find("raw")!.RefusalFor(0));
        Assert.Null(ImageFormats.Find("raw")!.RefusalFor(long.MaxValue));
    }
}
