using VdiFs.Formats;
using VdiFs.Formats.Allocation;
using Xunit;

namespace VdiFs.Tests.Formats;

/// <summary>
/// Disks as long as a format holds, up to 64 TiB, of which all is stored but one granule: so that there is a bit vector
/// at all. What an image of them takes of memory, beside that vector.
/// </summary>
public sealed class LongestDiskTests(LongestDiskTests.Maps maps) : IClassFixture<LongestDiskTests.Maps>
{
    private const int Granule = AllocationMap.DefaultGranuleBytes;
    private const long Mebibyte = 1L << 20;
    private const long Gibibyte = 1L << 30;

    // A bit per granule of 64 TiB, and 5 % for rank and select.
    private const long MostOfMap = 128 * Mebibyte * 105 / 100;

    private const long MostOfLayout = 16 * Mebibyte;
    private const int Reads = 50;

    // The longest first: a VHD ends at 2040 GiB, a VMDK's file at 2 TiB.
    private static readonly long[] Lengths = [64 * 1024 * Gibibyte, 2040 * Gibibyte, 2030 * Gibibyte];

    public static TheoryData<string> Full => [.. ImageFormats.All.Select(format => format.Name)];

    public static TheoryData<string> Deltas =>
        [.. ImageFormats.All.Where(format => format.HasDeltas).Select(format => format.Name)];

    [Theory, MemberData(nameof(Full))]
    public void An_image_takes_the_bit_vector_and_little_more_and_reading_it_nothing(string name)
    {
        ImageFormat format = ImageFormats.Find(name)!;
        AllocationMap map = maps.LongestOf(format);
        AssertSmall(map, () => format.CreateLayout(TestDisk.SomeIdentity, map));
    }

    [Theory, MemberData(nameof(Deltas))]
    public void A_delta_takes_the_bit_vector_and_little_more_and_reading_it_nothing(string name)
    {
        ImageFormat format = ImageFormats.Find(name)!;
        AllocationMap map = maps.LongestOf(format);
        var parent = new ParentImage(TestDisk.SomeIdentity, map.DiskLength, format, "parent");
        var later = new DiskIdentity(Guid.Parse("0f3e2d1c-5b6a-4978-8a9b-c0d1e2f30415"), DateTimeOffset.UnixEpoch);
        AssertSmall(map, () => format.CreateDelta(later, map, map, parent));
    }

    private static void AssertSmall(AllocationMap map, Func<ImageLayout> create)
    {
        Assert.InRange(map.MemoryBytes, map.GranuleCount / 8, MostOfMap);
        long before = GC.GetAllocatedBytesForCurrentThread();
        ImageLayout layout = create();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, MostOfLayout);
        byte[] buffer = new byte[Mebibyte];
        ReadAround(layout, buffer);
        Assert.Equal(0, Allocated.BytesBy(() => ReadAround(layout, buffer)));
    }

    /// <summary>A mebibyte at each of many places, of all the file and of its beginning, where most tables are.</summary>
    private static void ReadAround(ImageLayout layout, byte[] buffer)
    {
        ReadWithin(layout, buffer, layout.Length);
        ReadWithin(layout, buffer, Math.Min(layout.Length, Gibibyte));
    }

    private static void ReadWithin(ImageLayout layout, byte[] buffer, long length)
    {
        long last = Math.Max(0, length - buffer.Length);
        for (int read = 0; read <= Reads; read++)
        {
            // Odd, so that entries of tables are cut.
            long start = Math.Min((long)((Int128)last * read / Reads) | 1, layout.Length - 1);
            long end = Math.Min(start + buffer.Length, layout.Length);
            for (long offset = start; offset < end;)
            {
                Segment segment = layout.Locate(offset, end - offset);
                if (segment.Kind == SegmentKind.Metadata)
                {
                    layout.ReadMetadata(segment.SourceOffset, buffer.AsSpan(0, (int)segment.Length));
                }

                offset += segment.Length;
            }
        }
    }

    /// <summary>The maps, one for each length, for as long as these tests run.</summary>
    public sealed class Maps
    {
        private readonly Dictionary<long, AllocationMap> _made = [];

        internal AllocationMap LongestOf(ImageFormat format) =>
            Lengths.Where(length => format.RefusalFor(length) is null).Select(Of)
                .First(map => format.RefusalFor(map) is null);

        private AllocationMap Of(long length)
        {
            if (!_made.TryGetValue(length, out AllocationMap? map))
            {
                AllocationMapBuilder builder = new(length, Granule);
                long hole = length / 3 / Granule * Granule;
                builder.Mark(0, hole);
                builder.Mark(hole + Granule, length - hole - Granule);
                map = builder.Build();
                _made.Add(length, map);
            }

            return map;
        }
    }
}
