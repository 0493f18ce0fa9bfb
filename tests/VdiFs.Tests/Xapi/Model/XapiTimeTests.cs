using VdiFs.Xapi.Model.Reading;
using Xunit;

namespace VdiFs.Tests.Xapi.Model;

public sealed class XapiTimeTests
{
    [Theory]
    [InlineData("20260102T03:04:05Z", "2026-01-02T03:04:05Z")]
    [InlineData("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z")]
    [InlineData("20260102T03:04:05", "2026-01-02T03:04:05Z")]
    [InlineData("2026-01-02T03:04:05", "2026-01-02T03:04:05Z")]
    [InlineData("20260102T03:04:05.25Z", "2026-01-02T03:04:05.25Z")]
    [InlineData("2026-01-02T03:04:05.1234567Z", "2026-01-02T03:04:05.1234567Z")]
    [InlineData("20260102T03:04:05+02:00", "2026-01-02T01:04:05Z")]
    [InlineData("20260102T030405Z", "2026-01-02T03:04:05Z")]
    [InlineData("19700101T00:00:00Z", "1970-01-01T00:00:00Z")]
    [InlineData("", "1970-01-01T00:00:00Z")]
    [InlineData("yesterday", "1970-01-01T00:00:00Z")]
    public void Parse_reads_all_of_XAPIs_forms(string text, string expected)
    {
        Assert.Equal(DateTimeOffset.Parse(expected, null), XapiTime.Parse(text));
    }
}
