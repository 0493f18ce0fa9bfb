using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using VdiFs.Benchmarks;
using VdiFs.Benchmarks.HitRates;

if (args is ["hit-rates"])
{
    HitRateTable.Print(Console.Out);
    return;
}

// What a reader of the tables wants to know: how long, and how many bytes allocated.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(
    args,
    DefaultConfig.Instance
        .AddDiagnoser(new AllocationDiagnoser())
        .HideColumns("Error", "StdDev", "Median", "Ratio", "RatioSD")
        .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(60)));
