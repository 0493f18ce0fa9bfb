using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
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
        .HideColumns("Error", "StdDev", "Median", "Gen0", "Gen1", "Gen2", "Ratio", "RatioSD", "Alloc Ratio")
        .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(60)));
