using VdiFs.Fuzz;
using Xunit;

namespace VdiFs.Tests.Fuzzing;

/// <summary>
/// A quarter of a million bad inputs for a target, or as many as fit in a quarter of a minute. scripts/fuzz.sh goes on
/// for as long as wanted, led by what the inputs cover.
/// </summary>
internal static class FuzzSample
{
    private const long Executions = 250_000;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(15);

    /// <summary>Runs it; returns what was done, with the seed that repeats it.</summary>
    internal static string Mutate(string name)
    {
        int seed = Environment.TickCount;
        long done = FuzzRun.Mutate(FuzzTarget.Find(name)!, seed, Executions, Time);
        Assert.True(done > 0);
        return $"{name}: {done} executions with seed {seed}";
    }

    /// <summary>Takes every input that the mutations start from.</summary>
    internal static void TakeGood(string name)
    {
        FuzzTarget target = FuzzTarget.Find(name)!;
        Assert.All(target.Seeds(), frames => target.Execute([.. frames.SelectMany(frame => frame)]));
    }
}
