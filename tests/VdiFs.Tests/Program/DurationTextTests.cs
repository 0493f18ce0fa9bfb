using VdiFs.Options;
using Xunit;

namespace VdiFs.Tests.Program;

public sealed class DurationTextTests
{
    [Theory]
    [InlineData("0s", 0)]
    [InlineData("30s", 30)]
    [InlineData("5m", 300)]
    [InlineData("2h", 7200)]
    [InlineData("1d", 86400)]
    [InlineData("90m", 5400)]
    public void Durations_are_a_number_and_its_unit(string text, int seconds)
    {
        Assert.True(DurationText.TryParse(text, out DurationText? duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration.Value.Duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("30")]
    [InlineData("-1s")]
    [InlineData("1.5m")]
    [InlineData("5 m")]
    [InlineData("5M")]
    [InlineData("5ms")]
    [InlineData("99999999d")]
    [InlineData("99999999999999999999s")]
    public void Anything_else_is_refused(string text)
    {
        Assert.False(DurationText.TryParse(text, out _));
    }

    [Theory]
    [InlineData(30, "30s")]
    [InlineData(90, "90s")]
    [InlineData(300, "5m")]
    [InlineData(86400, "1d")]
    public void A_duration_is_shown_in_the_largest_whole_unit(int seconds, string text)
    {
        Assert.Equal(text, new DurationText(TimeSpan.FromSeconds(seconds)).ToString());
    }
}
