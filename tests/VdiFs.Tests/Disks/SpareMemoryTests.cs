using VdiFs.Disks.Cache;
using Xunit;

namespace VdiFs.Tests.Disks;

public sealed class SpareMemoryTests
{
    private const long KiB = 1024;

    [Theory]
    [InlineData(3000, true)]
    [InlineData(3001, false)]
    public void An_eighth_of_the_machine_is_left(long askedKiB, bool isThere) => Assert.Equal(
        isThere,
        SpareMemory.HasRoomFor(
            askedKiB * KiB,
            ["MemTotal:        8000 kB", "MemFree:            0 kB", "MemAvailable:    4000 kB", "Buffers:  0 kB"]));

    [Fact]
    public void Where_nothing_tells_there_is_room() =>
        Assert.True(SpareMemory.HasRoomFor(1 << 30, ["MemTotal:        8000 kB", "MemFree:            0 kB"]));

    [Fact]
    public void A_machine_that_runs_tests_has_a_byte_to_spare_and_no_exbibyte()
    {
        Assert.True(SpareMemory.HasRoomFor(1));
        Assert.False(SpareMemory.HasRoomFor(1L << 60));
    }
}
