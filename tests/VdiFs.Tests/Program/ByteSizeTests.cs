using VdiFs.Options;
using Xunit;

namespace VdiFs.Tests.Program;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("65536", 65536)]
    [InlineData("64K", 65536)]
    [InlineData("64k", 65536)]
    [InlineData("64KiB", 65536)]
    [InlineData("4M", 4194304)]
    [InlineData("2T", 2199023255552)]
    [InlineData("7E", 8070450532247928832)]
    public void Sizes_are_binary(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out ByteSize? size));
        Assert.Equal(bytes, size.Value.Bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("K")]
    [InlineData("-1")]
    [InlineData("1.5G")]
    [InlineData("1 G")]
    [InlineData("12Q")]
    [InlineData("8E")]
    [InlineData("99999999999999999999")]
    public void Anything_else_is_refused(string text)
    {
        Assert.False(ByteSize.TryParse(text, out _));
    }

    [Theory]
    [InlineData(268435456, "256M")]
    [InlineData(1, "1")]
    [InlineData(1536, "1536")]
    public void A_size_is_shown_in_the_largest_whole_unit(long bytes, string text)
    {
        Assert.Equal(text, new ByteSize(bytes).ToString());
    }
}
