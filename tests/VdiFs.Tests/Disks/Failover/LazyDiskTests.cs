using VdiFs.Disks;
using VdiFs.Disks.Failover;
using VdiFs.Formats.Allocation;
using VdiFs.Tests.Fuse.Support;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Failover;

/// <summary>Disks whose length is known before any server was asked.</summary>
public sealed class LazyDiskTests
{
    private const int Place = 300 * 1024;
    private const int LargerEventId = 4007;

    [Fact]
    public async Task Opening_asks_nobody_and_the_first_read_connects()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving());
        ScriptedDirectory directory = LazyDisk.Of(server);
        AllocationMap map = AllocationMap.Full(FaithfulServer.Length, AllocationMap.DefaultGranuleBytes);
        OpenedSource source = LazyNbdSource.Open(
            directory, "a disk", new DiskExpectation(FaithfulServer.Length), map, AllocationOrigin.None,
            LazyDisk.Eager, new RecordingLogger());
        await using FailoverDisk disk = (FailoverDisk)source.Disk;
        Assert.Equal((FaithfulServer.Length, 0), (disk.Length, directory.Asked));
        Assert.Empty(source.Describe().Servers);
        Assert.Equal(FaithfulServer.Disk(Place, 4096), await FailoverDiskTests.ReadAsync(disk, Place));
        Assert.Equal((1, 1), (source.Describe().Connections, directory.Asked));
    }

    [Fact]
    public async Task A_disk_that_is_larger_at_its_server_is_read_and_told_of_once()
    {
        const int known = FaithfulServer.Length - 100_000;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(CutAt(Place), FaithfulServer.Serving());
        RecordingLogger logger = new();
        await using FailoverDisk disk = LazyDisk.Create(LazyDisk.Of(server), known, logger: logger);
        Assert.Equal(known, disk.Length);
        Assert.Equal(FaithfulServer.Disk(Place, 4096), await FailoverDiskTests.ReadAsync(disk, Place));
        Assert.Equal(FaithfulServer.Disk(known - 4096, 4096), await FailoverDiskTests.ReadAsync(disk, known - 4096));
        Assert.Single(logger.Entries, entry => entry.EventId == LargerEventId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_disk_that_is_smaller_at_its_server_fails_every_read(bool mayChange)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving());
        await using FailoverDisk disk =
            LazyDisk.Create(LazyDisk.Of(server), FaithfulServer.Length + 512, mayChange);
        for (int i = 0; i < 2; i++)
        {
            DiskException failure = await FailoverDiskTests.ReadAsync(disk, 0).FailsAsync(DiskErrorKind.Changed);
            Assert.Contains("1048576 bytes at the server", failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Content_is_compared_unless_it_may_change(bool mayChange)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(CutAt(Place), FaithfulServer.Serving(salt: 1));
        await using FailoverDisk disk = LazyDisk.Create(LazyDisk.Of(server), mayChange: mayChange);
        Assert.Equal(FaithfulServer.Disk(0, 4096), await FailoverDiskTests.ReadAsync(disk, 0));
        Task<byte[]> next = FailoverDiskTests.ReadAsync(disk, Place);
        if (mayChange)
        {
            Assert.Equal(FaithfulServer.Disk(Place, 4096, salt: 1), await next);
        }
        else
        {
            await next.FailsAsync(DiskErrorKind.Changed);
        }
    }

    /// <summary>A server that dies when it is asked for this place.</summary>
    private static Func<ServerPeer, Task> CutAt(long place) => FaithfulServer.Serving(
        instead: (_, peer, request) =>
        {
            if (request.Offset != (ulong)place)
            {
                return Task.FromResult(false);
            }

            peer.Cut(byReset: false);
            throw new ConnectionCutException();
        });
}
