using BenchmarkDotNet.Attributes;
using VdiFs.Formats;
using VdiFs.Formats.Allocation;

namespace VdiFs.Benchmarks;

/// <summary>
/// What a layout costs per read, on a disk of 2 TiB of which every other 64 KiB is allocated, and on one of 64 TiB of
/// which every 64th is: so that every format without a limit below holds it.
/// </summary>
[MemoryDiagnoser]
public class LayoutBenchmarks
{
    private readonly byte[] _table = new byte[1 << 20];
    private ImageLayout _layout = null!;
    private long _next;

    [ParamsSource(nameof(Disks))]
    public (string Format, int Gibibytes, int OneIn) Disk { get; set; }

    public static IEnumerable<(string Format, int Gibibytes, int OneIn)> Disks =>
        from format in ImageFormats.All
        from disk in ((int Gibibytes, int OneIn)[])[(2000, 2), (64 * 1024, 64)]
        where format.RefusalFor((long)disk.Gibibytes << 30) is null
        select (format.Name, disk.Gibibytes, disk.OneIn);

    [GlobalSetup]
    public void Build()
    {
        const int Granule = AllocationMap.DefaultGranuleBytes;
        long diskLength = (long)Disk.Gibibytes << 30;
        var builder = new AllocationMapBuilder(diskLength, Granule);
        for (long offset = 0; offset < diskLength; offset += (long)Disk.OneIn * Granule)
        {
            builder.Mark(offset, Granule);
        }

        var identity = new DiskIdentity(new Guid(1, 2, 3, new byte[8]), DateTimeOffset.UnixEpoch);
        _layout = ImageFormats.Find(Disk.Format)!.CreateLayout(identity, builder.Build());
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
