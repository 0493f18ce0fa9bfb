using BenchmarkDotNet.Attributes;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;

namespace VdiFs.Benchmarks;

/// <summary>What a layout costs per read, on a disk of 2 TiB of which every other 64 KiB is allocated.</summary>
[MemoryDiagnoser]
public class LayoutBenchmarks
{
    private const long DiskLength = 2000L << 30;
    private readonly byte[] _table = new byte[1 << 20];
    private ImageLayout _layout = null!;
    private long _next;

    [ParamsSource(nameof(Names))]
    public string Format { get; set; } = "";

    public static IEnumerable<string> Names => ImageFormats.All.Select(format => format.Name);

    [GlobalSetup]
    public void Build()
    {
        const int Granule = AllocationMap.DefaultGranuleBytes;
        var builder = new AllocationMapBuilder(DiskLength, Granule);
        for (long offset = 0; offset < DiskLength; offset += 2L * Granule)
        {
            builder.Mark(offset, Granule);
        }

        var identity = new DiskIdentity(new Guid(1, 2, 3, new byte[8]), DateTimeOffset.UnixEpoch);
        _layout = ImageFormats.Find(Format)!.CreateLayout(identity, builder.Build());
    }

    [Benchmark]
    public long Locate_at_random()
    {
        _next = (_next + 982451653L * 4096) % _layout.Length;
        return _layout.Locate(_next, 1 << 20).Length;
    }

    /// <summary>1 MiB of the file's beginning: header and tables, or the disk's first bytes.</summary>
    [Benchmark]
    public long Read_1_MiB_of_metadata()
    {
        long offset = 0;
        while (offset < _table.Length)
        {
            Segment segment = _layout.Locate(offset, _table.Length - offset);
            if (segment.Kind == SegmentKind.Metadata)
            {
                _layout.ReadMetadata(segment.SourceOffset, _table.AsSpan((int)offset, (int)segment.Length));
            }

            offset += segment.Length;
        }

        return offset;
    }
}
