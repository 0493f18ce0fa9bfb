using VdiFs.Formats;
using VdiFs.Formats.Vmdk;
using Xunit;

namespace VdiFs.Tests.Formats.Vmdk;

public sealed class VmdkMarkerTests
{
    private static readonly byte[] Golden = [4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, .. new byte[496]];

    [Fact]
    public void Write_gives_the_bytes_of_the_specification_and_Read_takes_them()
    {
        VmdkMarker marker = new(4, VmdkMarkerType.GrainTable);
        byte[] bytes = new byte[512];
        bytes.AsSpan().Fill(0xEE);
        marker.Write(bytes);
        Assert.Equal(Golden, bytes);
        Assert.Equal(marker, VmdkMarker.Read(Golden));
        Assert.Equal(new VmdkMarker(0, VmdkMarkerType.EndOfStream), VmdkMarker.Read(new byte[512]));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(11)]
    [InlineData(13)]
    [InlineData(15)]
    public void Read_rejects_grains_and_unknown_types(int offset)
    {
        byte[] bytes = [.. Golden];
        bytes[offset] = 1;
        Assert.Equal(
            ImageFormatErrorKind.Malformed, Assert.Throws<ImageFormatException>(() => VmdkMarker.Read(bytes)).Kind);
    }

    [Fact]
    public void Read_rejects_a_marker_cut_anywhere()
    {
        for (int length = 0; length < Golden.Length; length++)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() => VmdkMarker.Read(Golden.AsSpan(0, length)));
        }
    }
}
