using CsCheck;
using VdiFs.Formats;
using Xunit;

namespace VdiFs.Tests.Formats;

public sealed class LayoutPropertyTests
{
    private const int Iterations = 100;

    // An appliance is not: its parts are, each by its own model.
    public static TheoryData<string> Modelled =>
        [.. ImageFormats.All.Select(format => format.Name).Where(name => name != "ova")];

    public static TheoryData<string> Names => [.. ImageFormats.All.Select(format => format.Name)];

    public static TheoryData<string> Sparse => NamesOf(isPacked: false);

    public static TheoryData<string> Packed => NamesOf(isPacked: true);

    [Theory, MemberData(nameof(Names))]
    public void Any_slice_equals_the_slice_of_the_whole(string name)
    {
        Gen.Select(TestDisk.Any, Gen.Int[0, 1_000_000], Gen.OneOf(1, 3, 512, 5000, 65536, int.MaxValue)).Sample(
            (disk, seed, maxSegment) =>
            {
                ImageLayout layout = Layout(name, disk);
                byte[] whole = LayoutReader.ReadAll(layout, disk);
                Random random = new(seed);
                for (int slice = 0; slice < 20; slice++)
                {
                    (int offset, int length) = RandomSlice(random, whole.Length);
                    length = (int)Math.Min(length, maxSegment * 2000L);
                    byte[] bytes = LayoutReader.Read(layout, disk, offset, length, maxSegment);
                    AssertEqualBytes(whole.AsSpan(offset, length), bytes);
                }
            },
            iter: Iterations);
    }

    [Theory, MemberData(nameof(Names))]
    public void Two_builds_give_the_same_bytes(string name)
    {
        TestDisk.Any.Sample(
            disk =>
            {
                DateTimeOffset elsewhere = disk.Identity.SnapshotTime.Year is > 1 and < 9999
                    ? disk.Identity.SnapshotTime.ToOffset(TimeSpan.FromHours(5))
                    : disk.Identity.SnapshotTime;
                DiskIdentity same = new(disk.Identity.Uuid, elsewhere);
                ImageLayout again = ImageFormats.Find(name)!.CreateLayout(same, disk.Map());
                AssertEqualBytes(LayoutReader.ReadAll(Layout(name, disk), disk), LayoutReader.ReadAll(again, disk));
            },
            iter: Iterations / 2);
    }

    [Theory, MemberData(nameof(Modelled))]
    public void Many_readers_at_once_get_the_same_bytes(string name)
    {
        TestDisk disk = TestDisk.With(5_000_001, 0, 1, 31, 32, 33, 70, 76);
        ImageLayout layout = Layout(name, disk);
        byte[] whole = LayoutReader.ReadAll(layout, disk);
        Parallel.For(0, 200, reader =>
        {
            (int offset, int length) = RandomSlice(new Random(reader), whole.Length);
            AssertEqualBytes(whole.AsSpan(offset, length), LayoutReader.Read(layout, disk, offset, length, 100_000));
        });
    }

    [Theory, MemberData(nameof(Sparse))]
    public void Seek_agrees_with_the_segments(string name)
    {
        Gen.Select(TestDisk.Any, Gen.Int[0, 1_000_000]).Sample(
            (disk, seed) =>
            {
                ImageLayout layout = Layout(name, disk);
                List<(long Start, long End, bool IsHole)> runs = Runs(layout);
                Random random = new(seed);
                for (int probe = 0; probe < 50; probe++)
                {
                    long offset = random.NextInt64(layout.Length);
                    Assert.Equal(First(runs, offset, isHole: false, atEnd: -1), layout.SeekData(offset));
                    Assert.Equal(First(runs, offset, isHole: true, atEnd: layout.Length), layout.SeekHole(offset));
                }

                Assert.Equal(runs.Where(run => !run.IsHole).Sum(run => run.End - run.Start), layout.AllocatedBytes);
            },
            iter: Iterations);
    }

    [Theory, MemberData(nameof(Packed))]
    public void Holes_of_a_packed_file_are_zeros_and_what_is_no_hole_is_counted(string name)
    {
        Gen.Select(TestDisk.Any, Gen.Int[0, 1_000_000]).Sample(
            (disk, seed) =>
            {
                ImageLayout layout = Layout(name, disk);
                List<(long Start, long End)> holes = Holes(layout);
                foreach ((long start, long end) in holes)
                {
                    Assert.InRange(end, start + 1, layout.Length);
                    Segment segment = layout.Locate(start, end - start);
                    Assert.Equal((SegmentKind.Zero, end - start), (segment.Kind, segment.Length));
                }

                Assert.Equal(layout.Length - holes.Sum(hole => hole.End - hole.Start), layout.AllocatedBytes);

                Random random = new(seed);
                for (int probe = 0; probe < 50; probe++)
                {
                    long offset = random.NextInt64(layout.Length);
                    (long start, long end) = holes.Find(hole => hole.End > offset);
                    bool isBeyond = end == 0;
                    Assert.Equal(isBeyond ? layout.Length : Math.Max(start, offset), layout.SeekHole(offset));
                    long data = isBeyond || start > offset ? offset : end;
                    Assert.Equal(data == layout.Length ? -1 : data, layout.SeekData(offset));
                }
            },
            iter: Iterations);
    }

    [Theory]
    [InlineData("vhd", 2)]
    [InlineData("vdi", 1)]
    [InlineData("vhdx", 2)]
    public void Zeros_in_a_stored_block_are_holes_of_the_file(string name, int blockMebibytes)
    {
        // Three blocks: of one granule at its start, of nothing, and of two in the middle.
        int granules = blockMebibytes * 16;
        TestDisk disk = TestDisk.With(granules * 3 * 65536, 0, (2 * granules) + 5, (2 * granules) + 7);
        ImageLayout layout = Layout(name, disk);
        List<(long Start, long End)> holes = Holes(layout);
        Assert.Equal(((2 * granules) - 3) * 65536L, holes.Sum(hole => hole.End - hole.Start));
        Assert.Equal(65536, holes[^2].End - holes[^2].Start);
    }

    [Theory, MemberData(nameof(Names))]
    public void Neighbouring_segments_are_merged(string name)
    {
        TestDisk.Any.Sample(
            disk =>
            {
                ImageLayout layout = Layout(name, disk);
                Segment before = layout.Locate(0, long.MaxValue);
                for (long offset = before.Length; offset < layout.Length;)
                {
                    Segment segment = layout.Locate(offset, long.MaxValue);
                    bool continues = segment.Kind == before.Kind && (segment.Kind == SegmentKind.Zero
                        || before.SourceOffset + before.Length == segment.SourceOffset);
                    Assert.False(continues, $"{before} and {segment} are one");
                    offset += segment.Length;
                    before = segment;
                }
            },
            iter: Iterations / 2);
    }

    [Theory, MemberData(nameof(Names))]
    public void Locate_and_ReadMetadata_allocate_nothing(string name)
    {
        TestDisk disk = TestDisk.With(5_000_001, 0, 1, 31, 32, 33, 70, 76);
        ImageLayout layout = Layout(name, disk);
        byte[] buffer = new byte[65536];
        Walk(layout, buffer);
        Assert.Equal(0, Allocated.BytesBy(() => Walk(layout, buffer)));
    }

    private static void Walk(ImageLayout layout, byte[] buffer)
    {
        for (long offset = 0; offset < layout.Length;)
        {
            // An odd step, so that tables are cut within entries.
            Segment segment = layout.Locate(offset, 4095);
            if (segment.Kind == SegmentKind.Metadata)
            {
                layout.ReadMetadata(segment.SourceOffset, buffer.AsSpan(0, (int)segment.Length));
            }

            layout.SeekData(offset);
            layout.SeekHole(offset);
            offset += segment.Length;
        }
    }

    private static ImageLayout Layout(string name, TestDisk disk) =>
        ImageFormats.Find(name)!.CreateLayout(disk.Identity, disk.Map());

    private static TheoryData<string> NamesOf(bool isPacked) =>
        [.. ImageFormats.All.Where(format => format.IsPacked == isPacked).Select(format => format.Name)];

    // As cp finds them.
    private static List<(long Start, long End)> Holes(ImageLayout layout)
    {
        List<(long Start, long End)> holes = [];
        for (long offset = 0; offset < layout.Length;)
        {
            long hole = layout.SeekHole(offset);
            long data = hole == layout.Length ? hole : layout.SeekData(hole);
            offset = data < 0 ? layout.Length : data;
            if (hole < offset)
            {
                holes.Add((hole, offset));
            }
        }

        return holes;
    }

    private static (int Offset, int Length) RandomSlice(Random random, int fileLength)
    {
        int offset = random.Next(fileLength);
        int[] lengths = [1, 7, 600, 5000, 131072, fileLength];
        return (offset, Math.Min(random.Next(1, lengths[random.Next(lengths.Length)] + 1), fileLength - offset));
    }

    private static List<(long Start, long End, bool IsHole)> Runs(ImageLayout layout)
    {
        List<(long Start, long End, bool IsHole)> runs = [];
        for (long offset = 0; offset < layout.Length;)
        {
            Segment segment = layout.Locate(offset, long.MaxValue);
            runs.Add((offset, offset + segment.Length, segment.Kind == SegmentKind.Zero));
            offset += segment.Length;
        }

        return runs;
    }

    private static long First(List<(long Start, long End, bool IsHole)> runs, long offset, bool isHole, long atEnd)
    {
        foreach ((long start, long end, bool runIsHole) in runs)
        {
            if (end > offset && runIsHole == isHole)
            {
                return Math.Max(start, offset);
            }
        }

        return atEnd;
    }

    private static void AssertEqualBytes(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        int same = expected.CommonPrefixLength(actual);
        if (same < expected.Length)
        {
            Assert.Fail($"Byte {same} is 0x{actual[same]:x2}; expected 0x{expected[same]:x2}.");
        }
    }
}
