using VdiFs.Fuzz;
using Xunit;

namespace VdiFs.Tests.Fuzzing;

/// <summary>
/// A quarter of a million bad inputs for each thing that is fed from outside, or as many as fit in a quarter of a
/// minute. scripts/fuzz.sh goes on for as long as wanted, led by what the inputs cover.
/// </summary>
[Collection(nameof(Nbd.Faults.Alone))]
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const long Executions = 250_000;
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(15);

    public static TheoryData<string> Targets => [.. FuzzTarget.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Mutations_of_good_inputs_are_taken_or_refused(string name)
    {
        int seed = Environment.TickCount;
        long done = FuzzRun.Mutate(FuzzTarget.Find(name)!, seed, Executions, Time);
        output.WriteLine($"{name}: {done} executions with seed {seed}");
        Assert.True(done > 0);
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Good_inputs_are_taken(string name)
    {
        FuzzTarget target = FuzzTarget.Find(name)!;
        Assert.All(target.Seeds(), frames => target.Execute([.. frames.SelectMany(frame => frame)]));
    }
}
