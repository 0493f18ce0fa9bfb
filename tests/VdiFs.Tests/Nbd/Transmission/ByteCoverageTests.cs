using CsCheck;
using VdiFs.Nbd.Transmission;
using Xunit;

namespace VdiFs.Tests.Nbd.Transmission;

public sealed class ByteCoverageTests
{
    [Fact]
    public void Ranges_agree_with_a_set_of_bytes()
    {
        Gen.Select(Gen.Int[0, 60], Gen.Int[1, 12]).Array[0, 30].Sample(ranges =>
        {
            ByteCoverage coverage = new();
            HashSet<int> model = [];
            foreach ((int start, int length) in ranges)
            {
                int[] bytes = [.. Enumerable.Range(start, length)];
                bool isNew = !bytes.Any(model.Contains);
                Assert.Equal(isNew, coverage.TryAdd(start, length));
                if (isNew)
                {
                    model.UnionWith(bytes);
                }

                Assert.Equal(model.Count, coverage.Covered);
            }
        });
    }
}
