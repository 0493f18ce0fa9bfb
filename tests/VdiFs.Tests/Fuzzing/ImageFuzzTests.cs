using Xunit;

namespace VdiFs.Tests.Fuzzing;

/// <summary>Bad image files: what they make the reader allocate is counted on its own thread, beside other tests.
/// </summary>
public sealed class ImageFuzzTests(ITestOutputHelper output)
{
    internal const string Target = "images";

    [Fact]
    public void Mutations_of_good_images_are_taken_or_refused()
    {
        output.WriteLine(FuzzSample.Mutate(Target));
    }

    [Fact]
    public void Good_images_are_taken()
    {
        FuzzSample.TakeGood(Target);
    }
}
