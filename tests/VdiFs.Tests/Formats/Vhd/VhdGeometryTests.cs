using VdiFs.Formats.Vhd;
using Xunit;

namespace VdiFs.Tests.Formats.Vhd;

public sealed class VhdGeometryTests
{
    // Written by qemu-img create -f vpc, whose sizes are whole cylinders.
    [Theory]
    [InlineData(81_940, 964, 5, 17)]
    [InlineData(260_100, 1020, 15, 17)]
    [InlineData(409_696, 826, 16, 31)]
    [InlineData(1_032_192, 1024, 16, 63)]
    [InlineData(1_047_312, 1039, 16, 63)]
    [InlineData(8_389_584, 8323, 16, 63)]
    [InlineData(65_011_968, 64496, 16, 63)]
    [InlineData(67_111_920, 16449, 16, 255)]
    [InlineData(266_338_320, 65279, 16, 255)]
    [InlineData(268_435_456, 65535, 16, 255)]
    public void Geometry_is_the_one_that_qemu_writes(long sectors, int cylinders, int heads, int sectorsPerTrack)
    {
        Assert.Equal(Geometry(cylinders, heads, sectorsPerTrack), VhdGeometry.For(sectors));
    }

    // Both sides of every step of the specification's algorithm.
    [Theory]
    [InlineData(1, 0, 4, 17)]
    [InlineData(67, 0, 4, 17)]
    [InlineData(68, 1, 4, 17)]
    [InlineData(69_631, 1023, 4, 17)]
    [InlineData(69_632, 140, 16, 31)]
    [InlineData(278_527, 1023, 16, 17)]
    [InlineData(278_528, 561, 16, 31)]
    [InlineData(507_903, 1023, 16, 31)]
    [InlineData(507_904, 503, 16, 63)]
    [InlineData(66_059_279, 65534, 16, 63)]
    [InlineData(66_059_280, 16191, 16, 255)]
    [InlineData(267_382_799, 65534, 16, 255)]
    [InlineData(267_382_800, 65535, 16, 255)]
    [InlineData(4_278_190_080, 65535, 16, 255)]
    public void Geometry_follows_the_specification(long sectors, int cylinders, int heads, int sectorsPerTrack)
    {
        Assert.Equal(Geometry(cylinders, heads, sectorsPerTrack), VhdGeometry.For(sectors));
    }

    private static VhdGeometry Geometry(int cylinders, int heads, int sectorsPerTrack) =>
        new((ushort)cylinders, (byte)heads, (byte)sectorsPerTrack);
}
