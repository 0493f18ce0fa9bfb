using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using Xunit;

namespace VdiFs.Tests.Formats.Engine;

public sealed class RegionLayoutTests
{
    private static readonly TestDisk Disk = TestDisk.With(3 * 1024 * 1024, 0, 1, 40);

    public static TheoryData<string> Names => [.. ImageFormats.All.Select(format => format.Name)];

    [Theory, MemberData(nameof(Names))]
    public void Locate_rejects_offsets_outside_the_file(string name)
    {
        ImageLayout layout = Layout(name);
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Locate(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Locate(layout.Length, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.Locate(0, 0));
    }

    [Theory, MemberData(nameof(Names))]
    public void Seek_outside_the_file_finds_nothing(string name)
    {
        ImageLayout layout = Layout(name);
        Assert.Equal(-1, layout.SeekData(-1));
        Assert.Equal(-1, layout.SeekHole(-1));
        Assert.Equal(-1, layout.SeekData(layout.Length));
        Assert.Equal(-1, layout.SeekHole(layout.Length));
    }

    [Theory, MemberData(nameof(Names))]
    public void ReadMetadata_refuses_every_byte_that_is_not_metadata(string name)
    {
        ImageLayout layout = Layout(name);
        byte[] one = new byte[1];
        for (long offset = 0; offset < layout.Length;)
        {
            Segment segment = layout.Locate(offset, long.MaxValue);
            if (segment.Kind != SegmentKind.Metadata)
            {
                Assert.Throws<ArgumentOutOfRangeException>(() => layout.ReadMetadata(offset, one));
                Assert.Throws<ArgumentOutOfRangeException>(() => layout.ReadMetadata(offset + segment.Length - 1, one));
            }

            offset += segment.Length;
        }
    }

    [Fact]
    public void ReadMetadata_refuses_a_range_that_leaves_the_metadata()
    {
        ImageLayout layout = Layout("vhd");
        Segment bitmap = layout.Locate(4096 - 512, long.MaxValue);
        Assert.Equal(new Segment(SegmentKind.Metadata, bitmap.SourceOffset, 512), bitmap);
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.ReadMetadata(bitmap.SourceOffset, new byte[513]));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.ReadMetadata(layout.Length - 1, new byte[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => layout.ReadMetadata(-1, new byte[1]));
    }

    [Fact]
    public void Raw_file_of_an_empty_disk_is_empty()
    {
        ImageLayout layout = ImageFormats.Find("raw")!.CreateLayout(
            TestDisk.SomeIdentity, AllocationMap.Full(0, AllocationMap.DefaultGranuleBytes));
        Assert.Equal(0, layout.Length);
        Assert.Equal(0, layout.AllocatedBytes);
        Assert.Equal(-1, layout.SeekData(0));
        Assert.Equal(-1, layout.SeekHole(0));
    }

    [Fact]
    public void Holes_within_an_allocated_VHD_block_are_zeros()
    {
        ImageLayout layout = Layout("vhd");
        Assert.Equal(new Segment(SegmentKind.Disk, 0, 131072), layout.Locate(4096, long.MaxValue));
        // The rest of the block and the padding in front of the next bitmap.
        Assert.Equal(
            new Segment(SegmentKind.Zero, 0, 2 * 1024 * 1024 - 131072 + 3584),
            layout.Locate(4096 + 131072, long.MaxValue));
    }

    [Fact]
    public void Grains_that_are_neighbours_on_the_disk_are_one_segment()
    {
        ImageLayout layout = Layout("vmdk");
        Assert.Equal(new Segment(SegmentKind.Disk, 0, 131072), layout.Locate(65536, long.MaxValue));
        Assert.Equal(new Segment(SegmentKind.Disk, 40 * 65536, 65536), layout.Locate(65536 + 131072, long.MaxValue));
    }

    private static ImageLayout Layout(string name) => ImageFormats.Find(name)!.CreateLayout(Disk.Identity, Disk.Map());
}
