using VdiFs.Disks;
using VdiFs.Formats.Allocation;
using VdiFs.Pool.Faults;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Simulated;

/// <summary>Exports that fail: the bytes do not depend on them, and a map comes right or not at all.</summary>
public sealed class ExportFailureTests : SimulatedPoolTest
{
    // Also of the 104 bytes of a qcow2 header.
    private const long InsideHeader = 100;

    // The block table of the export begins at 2048; 64 MiB have 32 entries.
    private const long InsideTable = 2100;

    // Of a qcow2 export: the header, refcounts and their table have a cluster each, then come the tables.
    private const long Cluster = 64 << 10;
    private const long InsideFirstLevel = (3 * Cluster) + 4;
    private const long InsideSecondLevel = (4 * Cluster) + 4;

    public static TheoryData<string, string> Failures => new()
    {
        { "500 in the body's place", "INTERNAL_ERROR" },
        { "500 inside the header", "INTERNAL_ERROR" },
        { "500 inside the table", "INTERNAL_ERROR" },
        { "nothing after the head", "VDI_IO_ERROR" },
        { "cut before the first byte", "VDI_IO_ERROR" },
        { "cut inside the header", "VDI_IO_ERROR" },
        { "cut inside the table", "VDI_IO_ERROR" },
        { "401", "does not accept the session" },
        { "403", "vm-admin" },
        { "404", "too old" },
        { "500", "HTTP 500" },
        { "attach fails", "SR_BACKEND_FAILURE_46" },
        { "302", "no address over HTTPS" },
        { "noise in the header's place", "does not begin with" },
    };

    public static TheoryData<string, string> FailuresBeyondVhd => new()
    {
        { "500 in the body's place", "INTERNAL_ERROR" },
        { "500 inside the header", "INTERNAL_ERROR" },
        { "500 inside the first-level table", "INTERNAL_ERROR" },
        { "500 inside a second-level table", "INTERNAL_ERROR" },
        { "nothing after the head", "VDI_IO_ERROR" },
        { "cut before the first byte", "VDI_IO_ERROR" },
        { "cut inside the header", "VDI_IO_ERROR" },
        { "cut inside the first-level table", "VDI_IO_ERROR" },
        { "cut inside a second-level table", "VDI_IO_ERROR" },
        { "302", "no address over HTTPS" },
        { "404", "too old" },
        { "500", "HTTP 500" },
        { "noise in the header's place", "does not begin with a qcow2 header" },
        { "noise in the first-level table", "an entry of an L1 table is" },
        { "noise in a second-level table", "an entry of an L2 table is" },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_map_that_does_not_come_costs_the_bytes_nothing(string failure, string reason)
    {
        OpenDisk disk = await FailAsync(Pool.Snapshot, failure, reason);

        await Pool.AssertHoldsAsync(Pool.Snapshot);
        AssertHasTables(await disk.GetPackingMapAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [MemberData(nameof(FailuresBeyondVhd))]
    public async Task Nor_does_that_of_a_disk_that_only_qcow2_can_hold(string failure, string reason)
    {
        VdiObject archive = Pool.State.Snapshot(Pool.Vdi("db01 archive"));
        OpenDisk disk = await FailAsync(archive, failure, reason);

        long last = archive.VirtualSizeBytes - (4 << 20);
        await Pool.AssertRangeAsync(Pool.EntryOf(archive), archive.Content!, 0, 4 << 20);
        await Pool.AssertRangeAsync(Pool.EntryOf(archive), archive.Content!, last, 4 << 20);
        AllocationMap map = await disk.GetPackingMapAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Cluster, map.GranuleBytes);
        Assert.Equal(archive.Content!.AllocatedGranules().Count * Cluster, map.AllocatedBytes);
        Assert.All(archive.Content!.AllocatedGranules(), granule => Assert.True(map.IsAllocated(granule)));
    }

    [Fact]
    public async Task An_export_that_another_host_has_to_give_is_followed_there()
    {
        await Pool.MountAsync(speed: 1);
        OpenDisk disk = await Pool.OpenAsync(Pool.EntryOf(Pool.LocalDisk));

        Assert.Equal(AllocationOrigin.ExportHeader, disk.Origin);
        Assert.Equal(
            Pool.LocalDisk.Content!.AllocatedGranules(),
            Granules(disk.Map));
    }

    [Fact]
    public async Task A_disk_that_stays_attached_after_its_export_is_waited_for_and_read()
    {
        Pool.State.Faults.DetachDelay = TimeSpan.FromMilliseconds(500);
        await Pool.MountAsync(speed: 1);
        OpenDisk disk = await Pool.OpenAsync(Pool.EntryOf(Pool.Snapshot));
        Assert.Empty(Pool.Snapshot.Vbds);

        AssertHasTables(disk.Map);
        await Pool.AssertHoldsAsync(Pool.Snapshot);
    }

    [Fact]
    public async Task A_session_that_ends_before_the_export_is_renewed()
    {
        await Pool.MountAsync(speed: 1);
        Pool.Actions.LoseSessions();

        AssertHasTables((await Pool.OpenAsync(Pool.EntryOf(Pool.Snapshot))).Map);
    }

    private static void Inject(PoolFaults faults, string failure)
    {
        switch (failure)
        {
            case "500 in the body's place":
                faults.ExportErrorAt = 0;
                break;
            case "500 inside the header":
                faults.ExportErrorAt = InsideHeader;
                break;
            case "500 inside the table":
                faults.ExportErrorAt = InsideTable;
                break;
            case "nothing after the head":
                faults.ExportError = ["VDI_IO_ERROR", "Device I/O errors"];
                break;
            case "500 inside the first-level table":
                faults.ExportErrorAt = InsideFirstLevel;
                break;
            case "500 inside a second-level table":
                faults.ExportErrorAt = InsideSecondLevel;
                break;
            case "noise in the header's place":
                faults.ExportNoiseAt = 0;
                break;
            case "noise in the first-level table":
                faults.ExportNoiseAt = 3 * Cluster;
                break;
            case "noise in a second-level table":
                faults.ExportNoiseAt = 4 * Cluster;
                break;
            case "cut inside the first-level table":
                faults.ExportTruncateAt = InsideFirstLevel;
                break;
            case "cut inside a second-level table":
                faults.ExportTruncateAt = InsideSecondLevel;
                break;
            case "cut before the first byte":
                faults.ExportTruncateAt = 0;
                break;
            case "cut inside the header":
                faults.ExportTruncateAt = InsideHeader;
                break;
            case "cut inside the table":
                faults.ExportTruncateAt = InsideTable;
                break;
            case "attach fails":
                faults.ExportError = ["SR_BACKEND_FAILURE_46", "", "The VDI is not available", ""];
                break;
            default:
                faults.ExportStatus = int.Parse(failure, null);
                break;
        }
    }

    private static void Heal(PoolFaults faults)
    {
        faults.ExportErrorAt = null;
        faults.ExportError = null;
        faults.ExportTruncateAt = null;
        faults.ExportNoiseAt = null;
        faults.ExportStatus = null;
    }

    /// <summary>Opens a disk whose map does not come, for a reason that is told; then all is well again.</summary>
    private async Task<OpenDisk> FailAsync(VdiObject vdi, string failure, string reason)
    {
        Inject(Pool.State.Faults, failure);
        await Pool.MountAsync();
        OpenDisk disk = await Pool.OpenAsync(Pool.EntryOf(vdi));
        Assert.Equal(AllocationOrigin.Failed, disk.Origin);
        Assert.Contains(reason, disk.OriginNote, StringComparison.Ordinal);
        DiskException error = await Assert.ThrowsAsync<DiskException>(
            () => disk.GetPackingMapAsync(TestContext.Current.CancellationToken));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Heal(Pool.State.Faults);
        return disk;
    }

    private void AssertHasTables(AllocationMap map) =>
        Assert.Equal(Pool.Snapshot.Content!.AllocatedGranules(), Granules(map));

    private static long[] Granules(AllocationMap map)
    {
        Assert.Equal(2 << 20, map.GranuleBytes);
        return [.. Enumerable.Range(0, (int)map.GranuleCount).Select(number => (long)number).Where(map.IsAllocated)];
    }
}
