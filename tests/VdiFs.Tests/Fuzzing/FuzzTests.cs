using VdiFs.Fuzz;
using Xunit;

namespace VdiFs.Tests.Fuzzing;

/// <summary>Bad inputs for each thing that is fed from outside, and is judged by what the whole process allocates.
/// </summary>
[Collection(nameof(Nbd.Faults.Alone))]
public sealed class FuzzTests(ITestOutputHelper output)
{
    public static TheoryData<string> Targets =>
        [.. FuzzTarget.All.Select(target => target.Name).Where(name => name != ImageFuzzTests.Target)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Mutations_of_good_inputs_are_taken_or_refused(string name)
    {
        output.WriteLine(FuzzSample.Mutate(name));
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void Good_inputs_are_taken(string name)
    {
        FuzzSample.TakeGood(name);
    }
}
