using BenchmarkDotNet.Attributes;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;

namespace VdiFs.Benchmarks;

/// <summary>
/// What a layout costs per read, on a disk of 2000 GiB of which every other 64 KiB is allocated, and on one of 64 TiB
/// of which every 64th is: so that every format without a limit below holds it.
/// </summary>
public class LayoutBenchmarks
{
    // Mebibytes in which tables are looked for.
    private const int Beginning = 64;

    private readonly byte[] _table = new byte[1 << 20];
    private ImageLayout _layout = null!;
    private long _tables;
    private long _next;

    [ParamsSource(nameof(Images))]
    public LayoutShape Image { get; set; }

    public static IEnumerable<LayoutShape> Images =>
        from format in ImageFormats.All
        from shape in (LayoutShape[])[new(format.Name, 2000, 2), new(format.Name, 64 * 1024, 64)]
        where format.RefusalFor((long)shape.Gibibytes << 30) is null
        select shape;

    [GlobalSetup]
    public void Build()
    {
        const int Granule = AllocationMap.DefaultGranuleBytes;
        long diskLength = (long)Image.Gibibytes << 30;
        var builder = new AllocationMapBuilder(diskLength, Granule);
        for (long offset = 0; offset < diskLength; offset += (long)Image.OneIn * Granule)
        {
            builder.Mark(offset, Granule);
        }

        var identity = new DiskIdentity(new Guid(1, 2, 3, new byte[8]), DateTimeOffset.UnixEpoch);
        _layout = ImageFormats.Find(Image.Format)!.CreateLayout(identity, builder.Build());
        _tables = Enumerable.Range(0, Beginning).Select(index => index * (long)_table.Length)
            .Where(start => start < _layout.Length).MaxBy(MetadataOf);
    }

    [Benchmark]
    public long Locate_at_random()
    {
        _next = (_next + 982451653L * 4096) % _layout.Length;
        return _layout.Locate(_next, 1 << 20).Length;
    }

    /// <summary>The mebibyte of the file's beginning that has the most metadata: tables, if there are any.</summary>
    [Benchmark]
    public long Read_1_MiB_of_metadata()
    {
        long end = Math.Min(_tables + _table.Length, _layout.Length);
        for (long offset = _tables; offset < end;)
        {
            Segment segment = _layout.Locate(offset, end - offset);
            if (segment.Kind == SegmentKind.Metadata)
            {
                _layout.ReadMetadata(segment.SourceOffset, _table.AsSpan(0, (int)segment.Length));
            }

            offset += segment.Length;
        }

        return end;
    }

    private long MetadataOf(long start)
    {
        long bytes = 0;
        long end = Math.Min(start + _table.Length, _layout.Length);
        for (long offset = start; offset < end;)
        {
            Segment segment = _layout.Locate(offset, end - offset);
            bytes += segment.Kind == SegmentKind.Metadata ? segment.Length : 0;
            offset += segment.Length;
        }

        return bytes;
    }
}
