using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Failover;
using VdiFs.Disks.Servers;
using VdiFs.Formats.Allocation;
using VdiFs.Nbd;
using VdiFs.Tests.Disks.Failover;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks;

/// <summary>A server that calls data zero is found out, and read instead.</summary>
public sealed class AllocationAuditTests
{
    private const uint HoleAndZero = 3;
    private const int BlockStatus = 7;

    [Fact]
    public async Task A_server_whose_holes_hold_data_is_not_believed()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            FaithfulServer.Serving(instead: CallAllZeroAsync));
        OpenedSource source = await NbdSource.OpenAsync(
            [server.Uri()],
            new NbdClientOptions { Connections = 1 },
            new FailoverOptions(),
            NullLogger.Instance,
            TestContext.Current.CancellationToken);
        await using IDisk disk = source.Disk;
        Assert.Equal(AllocationOrigin.Contradicted, source.Origin);
        Assert.Equal(FaithfulServer.Length, source.Map.AllocatedBytes);
    }

    [Fact]
    public async Task One_page_of_data_among_those_looked_at_is_enough()
    {
        AllocationMap map = new AllocationMapBuilder(64 << 20, AllocationMap.DefaultGranuleBytes).Build();
        List<long> looked = [];
        await AllocationAudit.FindDataInHolesAsync(
            new Zeros(map.DiskLength, looked, -1), map, TestContext.Current.CancellationToken);
        Assert.Equal(16, looked.Count);
        foreach (long place in looked.ToArray())
        {
            Zeros disk = new(map.DiskLength, [], place);
            Assert.Equal(
                place, await AllocationAudit.FindDataInHolesAsync(disk, map, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task Only_holes_are_looked_at_and_pages_that_cannot_be_read_say_nothing()
    {
        AllocationMapBuilder builder = new(10 << 20, AllocationMap.DefaultGranuleBytes);
        builder.Mark(0, 5 << 20);
        AllocationMap map = builder.Build();
        List<long> looked = [];
        Zeros disk = new(map.DiskLength, looked, -1) { IsBroken = true };
        Assert.Null(await AllocationAudit.FindDataInHolesAsync(disk, map, TestContext.Current.CancellationToken));
        Assert.NotEmpty(looked);
        Assert.All(looked, place => Assert.InRange(place, 5 << 20, (10 << 20) - 1));
    }

    private static async Task<bool> CallAllZeroAsync(int number, ServerPeer peer, ScriptedRequest request)
    {
        if (request.Command == BlockStatus)
        {
            await peer.SendAsync(Wire.Status(request.Cookie, 7, (request.Length, HoleAndZero)));
            return true;
        }

        return false;
    }

    /// <summary>A disk of zeros, but for one page perhaps.</summary>
    private sealed class Zeros(long length, List<long> looked, long data) : IDisk
    {
        public bool IsBroken { get; init; }

        public long Length => length;

        public ValueTask ReadAsync(
            long diskOffset, IReadOnlyList<Memory<byte>> destination, CancellationToken cancellationToken)
        {
            looked.Add(diskOffset);
            if (IsBroken)
            {
                throw new DiskException(DiskErrorKind.ReadFailed, "broken");
            }

            destination[0].Span.Clear();
            destination[0].Span[^1] = (byte)(diskOffset == data ? 1 : 0);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
