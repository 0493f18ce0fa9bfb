using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using VdiFs.Tests.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Vdi;

public sealed class VdiLayoutTests
{
    private const int Mebibyte = 1024 * 1024;
    private const long Tebibyte = 1L << 40;

    [Fact]
    public void Map_numbers_the_stored_blocks_and_data_starts_at_a_block()
    {
        TestDisk disk = TestDisk.With(4 * Mebibyte, 1, 33);
        byte[] file = Images.Write("vdi", disk);
        Assert.Equal(3 * Mebibyte, file.Length);
        Assert.Equal("00000000ffffffff01000000ffffffff", Convert.ToHexStringLower(file.AsSpan(512, 16)));
        Assert.All(file[528..Mebibyte], value => Assert.Equal(0, value));
        Assert.Equal(disk.Content[..Mebibyte], file[Mebibyte..(2 * Mebibyte)]);
        Assert.Equal(disk.Content[(2 * Mebibyte)..(3 * Mebibyte)], file[(2 * Mebibyte)..]);
    }

    [Fact]
    public void Ids_are_those_of_the_identity_and_a_delta_bears_its_parents()
    {
        TestDelta delta = TestDelta.Of(TestDisk.With(Mebibyte, 0), 1);
        byte[] parent = Images.Write("vdi", delta.Parent);
        byte[] full = Images.Write("vdi", delta.Child);
        byte[] child = Images.WriteDelta("vdi", delta, "vdi", "base");
        Assert.Equal(1, full[76]);
        Assert.Equal(4, child[76]);
        Assert.Equal(full[392..424], child[392..424]);
        Assert.NotEqual(full[392..408], full[408..424]);
        Assert.Equal(parent[392..424], child[424..456]);
        Assert.All(full[424..456], value => Assert.Equal(0, value));
    }

    [Fact]
    public void A_full_disk_of_64_TiB_is_laid_out()
    {
        ImageLayout layout = ImageFormats.Find("vdi")!.CreateLayout(
            TestDisk.SomeIdentity, AllocationMap.Full(64 * Tebibyte, 65536));
        // The map of 256 MiB and the header take 257 blocks.
        Assert.Equal(64 * Tebibyte + 257 * Mebibyte, layout.Length);
        Assert.Equal(
            new Segment(SegmentKind.Disk, 64 * Tebibyte - 1, 1), layout.Locate(layout.Length - 1, long.MaxValue));
    }

    [Fact]
    public void A_disk_whose_first_block_has_no_place_in_32_bits_is_refused()
    {
        ImageFormat format = ImageFormats.Find("vdi")!;
        // (2^32 - 2^20 - 512) / 4 entries of 1 MiB.
        const long Longest = 1_073_479_552L * Mebibyte;
        Assert.Null(format.RefusalFor(Longest));
        Assert.Contains($"at most {Longest} bytes", format.RefusalFor(Longest + 1));
        ImageLayout layout = format.CreateLayout(TestDisk.SomeIdentity, AllocationMap.Full(Longest, 65536));
        Assert.Equal(4096L * Mebibyte - Mebibyte + Longest, layout.Length);
    }
}
