using BenchmarkDotNet.Attributes;
using VdiFs.Formats.Allocation;

namespace VdiFs.Benchmarks;

/// <summary>Rank and select, on which every packed image stands, over 64 TiB in granules of 64 KiB: a bit vector of
/// 128 MiB, far more than any cache of a processor holds.</summary>
public class AllocationMapBenchmarks
{
    private const long DiskLength = 64L << 40;
    private const int Granule = AllocationMap.DefaultGranuleBytes;

    private AllocationMap _map = null!;
    private long _next;

    /// <summary>Every n-th granule is allocated.</summary>
    [Params(2, 64)]
    public int OneIn { get; set; }

    [GlobalSetup]
    public void Build()
    {
        var builder = new AllocationMapBuilder(DiskLength, Granule);
        for (long offset = 0; offset < DiskLength; offset += (long)OneIn * Granule)
        {
            builder.Mark(offset, Granule);
        }

        _map = builder.Build();
    }

    [Benchmark]
    public long Rank() => _map.Rank(Next(_map.GranuleCount));

    [Benchmark]
    public long Select() => _map.Select(Next(_map.AllocatedGranules));

    [Benchmark]
    public long Next_allocated() => _map.NextAllocated(Next(_map.GranuleCount));

    // A stride that is prime to the number of granules: every call looks elsewhere.
    private long Next(long count) => _next = (_next + 982_451_653) % count;
}
