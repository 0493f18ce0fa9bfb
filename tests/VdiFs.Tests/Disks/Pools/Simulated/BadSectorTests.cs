using VdiFs.Disks;
using VdiFs.Pool.Content;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Simulated;

/// <summary>
/// xapi-nbd says OK and hangs up where it cannot read: that is an error of those bytes, not of the host.
/// </summary>
public sealed class BadSectorTests : SimulatedPoolTest
{
    private const long Bad = (20 << 20) + 4096;
    private const int Sector = 512;
    private const int Around = 64 << 10;

    [Fact]
    public async Task Exactly_the_reads_of_bad_sectors_fail()
    {
        Pool.Snapshot.Content!.BadRanges = [new ByteRange(Bad, Sector)];
        await Pool.MountAsync();
        DiskEntry entry = Pool.EntryOf(Pool.Snapshot);
        await Pool.AssertRangeAsync(entry, Pool.Snapshot.Content, 0, 20 << 20);

        DiskException error = await Pool.FailAsync(Pool.Snapshot, Bad, Sector);
        Assert.Equal(DiskErrorKind.ReadFailed, error.Kind);
        Assert.Equal(DiskErrorKind.ReadFailed, (await Pool.FailAsync(Pool.Snapshot, Bad - 100, 200)).Kind);
        await Pool.AssertRangeAsync(entry, Pool.Snapshot.Content, 20 << 20, Bad - (20 << 20));
        await Pool.AssertRangeAsync(entry, Pool.Snapshot.Content, Bad + Sector, Around);
        await Pool.AssertRangeAsync(entry, Pool.Snapshot.Content, 21 << 20, 43 << 20);
    }

    [Fact]
    public async Task Sectors_that_can_be_read_again_are_read()
    {
        Pool.Snapshot.Content!.BadRanges = [new ByteRange(Bad, Sector)];
        await Pool.MountAsync();
        Assert.Equal(DiskErrorKind.ReadFailed, (await Pool.FailAsync(Pool.Snapshot, Bad, Sector)).Kind);
        Pool.Snapshot.Content.BadRanges = [];

        await Pool.AssertHoldsAsync(Pool.Snapshot);
    }
}
