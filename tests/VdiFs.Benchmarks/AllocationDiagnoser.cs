using BenchmarkDotNet.Analysers;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Engines;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using BenchmarkDotNet.Validators;

namespace VdiFs.Benchmarks;

/// <summary>
/// Counts what a call allocates, to the byte, in calls of its own after the timed ones. The library's own diagnoser
/// measures the whole process: of calls that take a millisecond there are few, and what the runtime does meanwhile was
/// up to 132 bytes for each.
/// </summary>
internal sealed class AllocationDiagnoser : IDiagnoser
{
    // The first calls may still set up what stays.
    private const int FirstCalls = 100;
    private const int Calls = 1000;

    public IEnumerable<string> Ids => [nameof(AllocationDiagnoser)];

    public IEnumerable<IExporter> Exporters => [];

    public IEnumerable<IAnalyser> Analysers => [];

    public RunMode GetRunMode(BenchmarkCase benchmarkCase) => RunMode.NoOverhead;

    public void Handle(HostSignal signal, DiagnoserActionParameters parameters)
    {
    }

    public IEnumerable<Metric> ProcessResults(DiagnoserResults results) =>
        [new Metric(AllocatedColumn.Instance, BytesPerCall(results.BenchmarkCase))];

    public void DisplayResults(ILogger logger)
    {
    }

    public IEnumerable<ValidationError> Validate(ValidationParameters validationParameters) => [];

    /// <returns>Of this thread alone, which is all that the calls use; one byte in all the calls is one for each.
    /// </returns>
    private static double BytesPerCall(BenchmarkCase benchmark)
    {
        Type type = benchmark.Descriptor.Type;
        object instance = Activator.CreateInstance(type)!;
        foreach (var parameter in benchmark.Parameters.Items)
        {
            type.GetProperty(parameter.Name)!.SetValue(instance, parameter.Value);
        }

        BenchmarkActionFactory.CreateGlobalSetup(benchmark.Descriptor, instance).InvokeSingle();
        BenchmarkAction call = BenchmarkActionFactory.CreateWorkload(benchmark.Descriptor, instance, unrollFactor: 1);
        call.InvokeNoUnroll(FirstCalls);
        long before = GC.GetAllocatedBytesForCurrentThread();
        call.InvokeNoUnroll(Calls);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        BenchmarkActionFactory.CreateGlobalCleanup(benchmark.Descriptor, instance).InvokeSingle();
        return Math.Ceiling((double)allocated / Calls);
    }
}
