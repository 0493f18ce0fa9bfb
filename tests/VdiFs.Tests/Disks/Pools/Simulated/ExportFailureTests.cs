using VdiFs.Disks;
using VdiFs.Formats.Allocation;
using VdiFs.Pool.Faults;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Simulated;

/// <summary>Exports that fail: the bytes do not depend on them, and a map comes right or not at all.</summary>
public sealed class ExportFailureTests : SimulatedPoolTest
{
    // The block table of the export begins at 2048; 64 MiB have 32 entries.
    private const long InsideTable = 2100;

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
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_map_that_does_not_come_costs_the_bytes_nothing(string failure, string reason)
    {
        Inject(Pool.State.Faults, failure);
        await Pool.MountAsync();
        OpenDisk disk = await Pool.OpenAsync(Pool.EntryOf(Pool.Snapshot));
        Assert.Equal(AllocationOrigin.Failed, disk.Origin);
        Assert.Contains(reason, disk.OriginNote, StringComparison.Ordinal);
        DiskException error = await Assert.ThrowsAsync<DiskException>(
            () => disk.GetPackingMapAsync(TestContext.Current.CancellationToken));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);

        Heal(Pool.State.Faults);
        await Pool.AssertHoldsAsync(Pool.Snapshot);
        AssertHasTables(await disk.GetPackingMapAsync(TestContext.Current.CancellationToken));
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
                faults.ExportErrorAt = 700;
                break;
            case "500 inside the table":
                faults.ExportErrorAt = InsideTable;
                break;
            case "nothing after the head":
                faults.ExportError = ["VDI_IO_ERROR", "Device I/O errors"];
                break;
            case "cut before the first byte":
                faults.ExportTruncateAt = 0;
                break;
            case "cut inside the header":
                faults.ExportTruncateAt = 700;
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
        faults.ExportStatus = null;
    }

    private void AssertHasTables(AllocationMap map) =>
        Assert.Equal(Pool.Snapshot.Content!.AllocatedGranules(), Granules(map));

    private static long[] Granules(AllocationMap map)
    {
        Assert.Equal(2 << 20, map.GranuleBytes);
        return [.. Enumerable.Range(0, (int)map.GranuleCount).Select(number => (long)number).Where(map.IsAllocated)];
    }
}
