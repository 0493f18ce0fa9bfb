using VdiFs.Disks;
using VdiFs.Disks.Pools;
using VdiFs.Formats.Allocation;
using VdiFs.Xapi.Exports;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

/// <summary>A map that takes its time: who waits for it, and who does not.</summary>
public sealed class PoolMapWaitTests : PoolCatalogTest
{
    private static readonly TimeSpan MapPatience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Bytes_are_not_kept_waiting_for_a_map_that_does_not_come()
    {
        Load();
        Func<ExportRequest, CancellationToken, Task<ExportedAllocation>> export = _pool!.Export;
        _pool.Export = NeverAsync;

        Task<OpenDisk> opening = Entry("vms/web01").OpenAsync(_cache, Token);
        await _clock.WaitedForAsync(MapPatience);
        await EventuallyAsync(() => !_pool.Calls.IsEmpty);
        Assert.False(opening.IsCompleted);
        _clock.Advance(MapPatience);
        OpenDisk open = await opening.WaitAsync(Bound, Token);

        Assert.Equal(AllocationOrigin.Failed, open.Origin);
        Assert.Contains("within 30 s", open.OriginNote, StringComparison.Ordinal);
        await ReadAsync(open, 0);
        _pool.Export = export;
        Assert.Equal(65536, (await open.GetPackingMapAsync(Token)).AllocatedBytes);
    }

    [Fact]
    public async Task A_packed_file_waits_for_its_map_as_long_as_it_takes()
    {
        (OpenDisk open, TaskCompletionSource slow) = await OpenRawAsync(new PoolOptions());
        Task<AllocationMap> search = open.GetPackingMapAsync(Token);
        await EventuallyAsync(() => !_pool!.Calls.IsEmpty);

        await PassAsync(TimeSpan.FromHours(6), TimeSpan.FromMinutes(30));
        slow.SetResult();

        Assert.Equal(65536, (await search.WaitAsync(Bound, Token)).AllocatedBytes);
    }

    [Fact]
    public async Task A_snapshot_whose_map_is_searched_for_is_in_use_and_idle_afterwards()
    {
        _builder.Put(_place with { CurrentlyAttached = true });
        (OpenDisk open, TaskCompletionSource slow) =
            await OpenRawAsync(new PoolOptions { AutoSnapshot = true, IdleTimeout = TimeSpan.FromSeconds(10) });
        DiskEntry entry = Entry("vms/web01");
        Task<AllocationMap> search = open.GetPackingMapAsync(Token);
        await EventuallyAsync(() => _pool!.Calls.Any(call => call.StartsWith("export", StringComparison.Ordinal)));

        await PassAsync(TimeSpan.FromHours(1), TimeSpan.FromSeconds(5));
        Assert.Same(entry, Entry("vms/web01"));
        slow.SetResult();
        Assert.Equal(65536, (await search.WaitAsync(Bound, Token)).AllocatedBytes);
        await ReadAsync(open, 0);

        await EventuallyAsync(() => Entry("vms/web01") != entry, TimeSpan.FromSeconds(1));
        await EventuallyAsync(() => !_pool!.Database.Vdis.Values.Any(vdi => vdi.IsASnapshot));
    }

    private static async Task<ExportedAllocation> NeverAsync(ExportRequest request, CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
        throw new InvalidOperationException("it never comes");
    }

    /// <summary>Opens the disk, which its host reads as a whole before it tells what is allocated.</summary>
    /// <returns>The disk, and what its host is waiting for.</returns>
    private async Task<(OpenDisk Disk, TaskCompletionSource Slow)> OpenRawAsync(PoolOptions options)
    {
        _builder.Put(_builder.Database.Vdis[_disk.Ref] with
        {
            SmConfig = new Dictionary<string, string> { ["image-format"] = "raw" },
        });
        Load(options);
        TaskCompletionSource slow = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Func<ExportRequest, CancellationToken, Task<ExportedAllocation>> export = _pool!.Export;
        _pool.Export = async (request, token) =>
        {
            await slow.Task.WaitAsync(token);
            return await export(request, token);
        };
        OpenDisk open = await Entry("vms/web01").OpenAsync(_cache, Token);
        Assert.Equal(AllocationOrigin.Costly, open.Origin);
        return (open, slow);
    }
}
