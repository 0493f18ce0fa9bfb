using System.Buffers.Binary;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using Xunit;

namespace VdiFs.Tests.Formats;

public sealed class HugeLayoutTests
{
    private const long Gibibyte = 1L << 30;
    private const long Tebibyte = 1L << 40;
    private const long LargestVhd = 2040 * Gibibyte;
    private const int Grain = 65536;
    private const int VhdBlock = 2 * 1024 * 1024;

    [Fact]
    public void Full_VHD_of_2040_GiB_has_the_length_of_the_reference_image()
    {
        ImageLayout layout = Layout("vhd", AllocationMap.Full(LargestVhd, Grain));
        Assert.Equal(2_194_715_689_472, layout.Length);
    }

    [Fact]
    public void Full_VMDK_of_2040_GiB_stays_below_the_largest_sector_number()
    {
        ImageLayout layout = Layout("vmdk", AllocationMap.Full(LargestVhd, Grain));
        // 21 + 2 * (510 + 4 * 65280) sectors, up to a grain, and 33423360 grains.
        Assert.Equal(4_096L * 128 * 512 + 33_423_360L * Grain - (4_096L * 128 - 523_392) * 512, layout.Length);
        Assert.True(layout.Length < 2 * Tebibyte);
        Assert.Equal(
            new Segment(SegmentKind.Disk, LargestVhd - Grain, Grain),
            layout.Locate(layout.Length - Grain, long.MaxValue));
    }

    [Fact]
    public void Full_stream_VMDK_of_2030_GiB_has_the_length_of_the_reference_image()
    {
        ImageLayout layout = Layout("stream.vmdk", AllocationMap.Full(2030 * Gibibyte, Grain));
        Assert.Equal(2_196_891_402_240, layout.Length);
        // The second half of the last grain, in front of its checksum, padding and table, the directory and the footer.
        const long Directory = 2030 * 32 / 128 + 1;
        long end = layout.Length - (5 + 1 + Directory + 3) * 512 - 484 - 4;
        Assert.Equal(
            new Segment(SegmentKind.Disk, 2030 * Gibibyte - 32768, 32768), layout.Locate(end - 32768, long.MaxValue));
        Assert.Equal(SegmentKind.Derived, layout.Locate(end, long.MaxValue).Kind);
        Assert.Equal(
            new DiskRange(2030 * Gibibyte - Grain, Grain), layout.SourceOf(layout.Locate(end, 1).SourceOffset));
    }

    [Fact]
    public void Grain_tables_of_a_sparse_64_TiB_stream_VMDK_stand_behind_their_grains()
    {
        const long Length = 64 * Tebibyte;
        const int Record = 129 * 512;
        const int Trailer = 5 * 512;
        ImageLayout layout = Layout("stream.vmdk", SparseMap(Length));
        long offset = 65536;
        foreach (IGrouping<long, long> table in AllocatedGrains(Length).GroupBy(grain => grain / 512))
        {
            foreach (long grain in table)
            {
                Assert.Equal(grain * 128, BinaryPrimitives.ReadInt64LittleEndian(Metadata(layout, offset, 8)));
                Assert.Equal(
                    new Segment(SegmentKind.Disk, grain * Grain, 32768), layout.Locate(offset + 19, long.MaxValue));
                offset += Record;
            }

            Assert.Equal(1, Metadata(layout, offset, 16)[12]);
            long first = offset - table.Count() * Record;
            foreach ((long grain, int rank) in table.Select((grain, rank) => (grain, rank)))
            {
                byte[] entry = Metadata(layout, offset + 512 + grain % 512 * 4, 4);
                Assert.Equal((first + rank * Record) / 512, BinaryPrimitives.ReadUInt32LittleEndian(entry));
            }

            offset += Trailer;
        }

        // The directory's marker counts 8 MiB of entries.
        Assert.Equal(16384, BinaryPrimitives.ReadInt64LittleEndian(Metadata(layout, offset, 8)));
    }

    [Theory]
    [InlineData("raw", 64 * 1024)]
    [InlineData("fixed.vhd", 64 * 1024)]
    [InlineData("vmdk", 64 * 1024)]
    [InlineData("stream.vmdk", 256 * 1024)]
    [InlineData("flat.vmdk", 64 * 1024)]
    [InlineData("flat.vmdk.extent", 64 * 1024)]
    [InlineData("vhd", 64 * 1024 + (2040 * 512 / 8) * 9 / 8)]
    [InlineData("qcow2", 128 * 1024)]
    [InlineData("vdi", 64 * 1024 + (2040 * 1024 / 8) * 9 / 8)]
    [InlineData("vhdx", 256 * 1024 + (2040 * 512 / 8) * 9 / 8)]
    [InlineData("packed.vhd", 64 * 1024 + (2040 * 512 / 8) * 9 / 8)]
    public void Layout_of_a_sparse_2040_GiB_disk_takes_no_more_than_a_bit_vector(string name, long limit)
    {
        AllocationMap map = SparseMap(LargestVhd);
        ImageLayout layout = Layout(name, map);
        Assert.InRange(Allocated.BytesBy(() => layout = Layout(name, map)), 0, limit);
        Assert.True(layout.Length > 0);
    }

    [Fact]
    public void Grain_tables_of_a_sparse_2040_GiB_VMDK_are_right_at_both_ends_and_between()
    {
        AllocationMap map = SparseMap(LargestVhd);
        ImageLayout layout = Layout("vmdk", map);
        byte[] header = Metadata(layout, 0, 512);
        long redundantTables = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(48)) * 512 + 510 * 512;
        long primaryTables = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(56)) * 512 + 510 * 512;
        long firstGrain = BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(64));
        foreach ((long grain, int rank) in AllocatedGrains(LargestVhd).Select((grain, rank) => (grain, rank)))
        {
            foreach (long tables in new[] { redundantTables, primaryTables })
            {
                byte[] entries = Metadata(layout, tables + grain * 4 - 4, 8);
                Assert.Equal(0u, BinaryPrimitives.ReadUInt32LittleEndian(entries));
                Assert.Equal(firstGrain + rank * 128, BinaryPrimitives.ReadUInt32LittleEndian(entries.AsSpan(4)));
            }
        }
    }

    [Fact]
    public void Table_of_a_sparse_2040_GiB_VHD_is_right_at_both_ends_and_between()
    {
        AllocationMap map = SparseMap(LargestVhd);
        ImageLayout layout = Layout("vhd", map);
        // 1536 + 1044480 entries of 4 bytes end at 4179456; the first data on a page with a bitmap in front.
        const long FirstBitmap = 4_182_016 - 512;
        foreach ((long grain, int rank) in AllocatedGrains(LargestVhd).Select((grain, rank) => (grain, rank)))
        {
            byte[] entry = Metadata(layout, 1536 + grain * Grain / VhdBlock * 4, 4);
            long bitmap = FirstBitmap + rank * (VhdBlock + 4096L);
            Assert.Equal(bitmap / 512, BinaryPrimitives.ReadUInt32BigEndian(entry));
            long dataOffset = bitmap + 512 + grain * Grain % VhdBlock;
            Assert.Equal(new Segment(SegmentKind.Disk, grain * Grain, Grain), layout.Locate(dataOffset, Grain));
        }
    }

    [Fact]
    public void A_hole_of_8_TiB_in_raw_is_one_segment()
    {
        AllocationMapBuilder builder = new(8 * Tebibyte, Grain);
        builder.Mark(0, 1);
        builder.Mark(8 * Tebibyte - 1, 1);
        ImageLayout layout = Layout("raw", builder.Build());
        Assert.Equal(new Segment(SegmentKind.Zero, 0, 8 * Tebibyte - 2 * Grain), layout.Locate(Grain, long.MaxValue));
        Assert.Equal(8 * Tebibyte - Grain, layout.SeekData(Grain));
        Assert.Equal(2 * Grain, layout.AllocatedBytes);
    }

    [Fact]
    public void The_longest_disk_there_can_be_is_raw_and_full()
    {
        ImageLayout layout = Layout("raw", AllocationMap.Full(long.MaxValue, Grain));
        Assert.Equal(long.MaxValue, layout.Length);
        Assert.Equal(long.MaxValue, layout.AllocatedBytes);
        Assert.Equal(
            new Segment(SegmentKind.Disk, long.MaxValue - 10, 10), layout.Locate(long.MaxValue - 10, long.MaxValue));
    }

    private static ImageLayout Layout(string name, AllocationMap map) =>
        ImageFormats.Find(name)!.CreateLayout(TestDisk.SomeIdentity, map);

    private static long[] AllocatedGrains(long diskLength) =>
        [5, 511, 512 + 77, diskLength / Grain / 3, diskLength / Grain - 4097, diskLength / Grain - 1];

    private static AllocationMap SparseMap(long diskLength)
    {
        AllocationMapBuilder builder = new(diskLength, Grain);
        foreach (long grain in AllocatedGrains(diskLength))
        {
            builder.Mark(grain * Grain, Grain);
        }

        return builder.Build();
    }

    private static byte[] Metadata(ImageLayout layout, long fileOffset, int length)
    {
        Segment segment = layout.Locate(fileOffset, length);
        Assert.Equal((SegmentKind.Metadata, length), (segment.Kind, (int)segment.Length));
        byte[] bytes = new byte[length];
        layout.ReadMetadata(segment.SourceOffset, bytes);
        return bytes;
    }
}
