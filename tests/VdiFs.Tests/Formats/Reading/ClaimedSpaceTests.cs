using VdiFs.Formats.Reading;
using Xunit;

namespace VdiFs.Tests.Formats.Reading;

public sealed class ClaimedSpaceTests
{
    [Fact]
    public void A_file_claimed_in_any_order_without_gap_has_nothing_unclaimed()
    {
        ClaimedSpace space = new("a.vhd", 3000);
        Assert.Null(space.Claim(1000, 500, "b"));
        Assert.Null(space.Claim(0, 1000, "a"));
        Assert.Null(space.Claim(2999, 1, "d"));
        Assert.Null(space.Claim(1500, 1499, "c"));
        Assert.Empty(space.Unclaimed());
    }

    [Fact]
    public void An_overlap_is_told_once_with_the_bytes_that_are_taken()
    {
        ClaimedSpace space = new("a.vhd", 3000);
        Assert.Null(space.Claim(100, 100, "a"));
        Assert.Null(space.Claim(300, 100, "b"));
        ImageFault? fault = space.Claim(150, 200, "c");
        Assert.Equal(
            new ImageFault("a.vhd", 150, "c", "bytes that nothing else claims", "50 bytes that are claimed already"),
            fault);
        Assert.Equal(
            [
                new ImageFault("a.vhd", 0, "space", "nothing that no structure claims", "100 bytes"),
                new ImageFault("a.vhd", 400, "space", "nothing that no structure claims", "2600 bytes"),
            ],
            space.Unclaimed());
    }

    [Theory]
    [InlineData(2999, 2)]
    [InlineData(3000, 1)]
    [InlineData(3001, 0)]
    [InlineData(-1, 1)]
    [InlineData(0, -1)]
    [InlineData(long.MaxValue, long.MaxValue)]
    [InlineData(long.MinValue, long.MaxValue)]
    [InlineData(1, long.MaxValue)]
    public void A_place_outside_the_file_is_a_fault(long offset, long length)
    {
        ImageFault fault = Assert.IsType<ImageFault>(new ClaimedSpace("a.vhd", 3000).Claim(offset, length, "x"));
        Assert.Equal((offset, "x", $"{length} bytes at {offset}"), (fault.FileOffset, fault.What, fault.Found));
    }

    [Fact]
    public void Nothing_is_claimed_by_a_length_of_zero()
    {
        ClaimedSpace space = new("a.vhd", 10);
        Assert.Null(space.Claim(10, 0, "x"));
        Assert.Equal("10 bytes", Assert.Single(space.Unclaimed()).Found);
    }

    // 4: bits from the fifth stretch on; 1000000: never.
    [Theory]
    [InlineData(4, 1)]
    [InlineData(4, 512)]
    [InlineData(4, 4096)]
    [InlineData(1_000_000, 1)]
    [InlineData(1_000_000, 512)]
    public void Claims_of_any_order_agree_with_a_count_per_byte(int maxRuns, int unit)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            Random random = new(seed);
            int fileLength = random.Next(60, 100) * unit + random.Next(unit);
            bool[] model = new bool[fileLength];
            ClaimedSpace space = new("x", fileLength, maxRuns);
            bool isLost = false;
            for (int claim = 0; claim < 60 && !isLost; claim++)
            {
                int start = random.Next(fileLength / unit) * unit;
                int end = Math.Min(fileLength, start + random.Next(1, 4) * unit);
                int taken = Array.IndexOf(model, true, start, end - start);
                ImageFault? fault = space.Claim(start, end - start, "x");
                isLost = fault is { Found: "more" };
                Assert.True(!isLost || unit == 1 && maxRuns == 4);
                if (!isLost)
                {
                    Assert.Equal(taken, fault is null ? -1 : fault.FileOffset);
                    model.AsSpan(start, end - start).Fill(true);
                }
            }

            Assert.Equal(isLost ? [] : Gaps(model), space.Unclaimed().Select(fault => (fault.FileOffset, fault.Found)));
        }
    }

    [Fact]
    public void More_stretches_than_there_is_memory_for_are_a_fault_once()
    {
        ClaimedSpace space = new("x", 1024 * 512, maxRuns: 2, maxUnits: 1000);
        Assert.Null(space.Claim(0, 512, "a"));
        Assert.Null(space.Claim(1024, 512, "b"));
        ImageFault fault = Assert.IsType<ImageFault>(space.Claim(2048 + 512, 512, "c"));
        Assert.Equal(("c", "more"), (fault.What, fault.Found));
        Assert.Null(space.Claim(0, 512, "a"));
        Assert.Empty(space.Unclaimed());
    }

    [Fact]
    public void A_smaller_unit_is_taken_when_a_border_needs_it()
    {
        ClaimedSpace space = new("x", 1L << 36, maxRuns: 2);
        for (int part = 0; part < 10; part++)
        {
            Assert.Null(space.Claim((long)part << 31, 1L << 30, "large"));
        }

        Assert.Null(space.Claim((1L << 30) + 512, 512, "small"));
        Assert.NotNull(space.Claim((1L << 30) + 512, 512, "again"));
        Assert.Equal((1L << 30, "512 bytes"), space.Unclaimed().Select(fault => (fault.FileOffset, fault.Found)).First());
    }

    [Fact]
    public void Parts_that_are_claimed_backwards_are_all_known()
    {
        const int Parts = 300_000;
        ClaimedSpace space = new("x", Parts * 1024L);
        for (long part = Parts - 1; part >= 0; part--)
        {
            Assert.Null(space.Claim(part * 1024, 512, "x"));
        }

        Assert.Equal(Parts, space.Unclaimed().Count());
    }

    private static IEnumerable<(long Offset, string Found)> Gaps(bool[] model)
    {
        for (int start = Array.IndexOf(model, false); start >= 0;)
        {
            int end = Array.IndexOf(model, true, start) is var next && next < 0 ? model.Length : next;
            yield return (start, $"{end - start} bytes");
            start = end == model.Length ? -1 : Array.IndexOf(model, false, end);
        }
    }
}
