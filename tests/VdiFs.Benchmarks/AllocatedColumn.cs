using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Reports;

namespace VdiFs.Benchmarks;

/// <summary>The column of <see cref="AllocationDiagnoser"/>: bytes per call, a dash for none.</summary>
internal sealed class AllocatedColumn : IMetricDescriptor
{
    public static AllocatedColumn Instance { get; } = new();

    public string Id => "Allocated by the thread";

    public string DisplayName => "Allocated";

    public string Legend => "Bytes allocated per call, counted on the calling thread";

    public string NumberFormat => "0";

    public UnitType UnitType => UnitType.Size;

    public string Unit => "B";

    public bool TheGreaterTheBetter => false;

    public int PriorityInCategory => 0;

    public bool GetIsAvailable(Metric metric) => true;
}
