using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Cache;
using VdiFs.Disks.Failover;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Failover;

/// <summary>Servers that close the connection in the place of a read error: exactly the bad sectors fail.</summary>
public sealed class HangUpTests
{
    private const int Sector = 512;
    private const int Block = CacheBlock.SizeBytes;

    public static TheoryData<string> Manners => ["OK and the end", "the end", "half a chunk and the end", "a reset"];

    [Theory]
    [MemberData(nameof(Manners))]
    public async Task Exactly_the_bad_sectors_fail(string manner)
    {
        const long bad = (5 * Block / Sector) + 17;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(Script(manner, bad));
        await using FailoverDisk disk = await FailoverDiskTests.OpenAsync([server], connections: 2);
        using BlockCache cache = new(BlockCache.MinimumCapacityBytes);
        CachedDisk cached = new(disk, cache, CancellationToken.None);
        DiskException failure = await ReadAsync(cached, bad * Sector, Sector).FailsAsync(DiskErrorKind.ReadFailed);
        Assert.Contains("its servers close the connection at it, 3 times", failure.Message, StringComparison.Ordinal);
        Assert.Equal(Expected(manner, (bad - 1) * Sector, Sector), await ReadAsync(cached, (bad - 1) * Sector, Sector));
        Assert.Equal(Expected(manner, (bad + 1) * Sector, Sector), await ReadAsync(cached, (bad + 1) * Sector, Sector));
        Assert.Equal(Expected(manner, 0, 5 * Block), await ReadAsync(cached, 0, 5 * Block));
        Assert.Equal(Expected(manner, 6 * Block, 10 * Block), await ReadAsync(cached, 6 * Block, 10 * Block));
        await ReadAsync(cached, 0, FaithfulServer.Length).FailsAsync(DiskErrorKind.ReadFailed);
        await cached.DrainAsync();
    }

    [Fact]
    public async Task Those_who_read_beside_it_get_their_bytes()
    {
        const long bad = ((20 * 16_384) + 1024) / Sector;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(Script("OK and the end", bad));
        await using FailoverDisk disk = await FailoverDiskTests.OpenAsync([server]);
        Task<byte[]>[] reads =
            [.. Enumerable.Range(0, 24).Select(i => FailoverDiskTests.ReadAsync(disk, i * 16_384L))];
        for (int i = 0; i < reads.Length; i++)
        {
            if (i * 16_384 <= bad * Sector && (i * 16_384) + 4096 > bad * Sector)
            {
                await reads[i].FailsAsync(DiskErrorKind.ReadFailed);
            }
            else
            {
                Assert.Equal(Wire.Disk(i * 16_384, 4096), await reads[i]);
            }
        }

        await FailoverDiskTests.ReadAsync(disk, bad * Sector / 4096 * 4096).FailsAsync(DiskErrorKind.ReadFailed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2047)]
    public async Task A_disk_is_opened_though_a_page_by_which_it_is_recognised_is_bad(int bad)
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(Script("OK and the end", bad));
        await using FailoverDisk disk = await FailoverDiskTests.OpenAsync([server]);
        Assert.Equal(Wire.Disk(8192, 4096), await FailoverDiskTests.ReadAsync(disk, 8192));
        await FailoverDiskTests.ReadAsync(disk, bad * Sector / 4096 * 4096L).FailsAsync(DiskErrorKind.ReadFailed);
        Assert.Equal(Wire.Disk(8192, 4096), await FailoverDiskTests.ReadAsync(disk, 8192));
    }

    [Fact]
    public async Task A_range_at_which_one_server_hangs_up_comes_from_another()
    {
        const long bad = 300 * 1024 / Sector;
        await using ScriptedNbdServer damaged = ScriptedNbdServer.Start(Script("OK and the end", bad));
        await using ScriptedNbdServer healthy = ScriptedNbdServer.Start(Script("OK and the end", -1));
        for (int seed = 0; seed < 4; seed++)
        {
            await using FailoverDisk disk =
                await FailoverDiskTests.OpenAsync([damaged.Uri(), healthy.Uri()], seed: seed);
            Assert.Equal(Wire.Disk(bad * Sector, 4096), await FailoverDiskTests.ReadAsync(disk, bad * Sector));
        }
    }

    private static Func<ServerPeer, Task> Script(string manner, long bad) => manner == "OK and the end"
        ? XapiNbd.Serving(FaithfulServer.Length, new HashSet<long> { bad })
        : FaithfulServer.Serving(instead: async (_, peer, request) =>
        {
            long start = (long)request.Offset;
            if (request.Command != 0 || bad * Sector >= start + request.Length || (bad + 1) * Sector <= start)
            {
                return false;
            }

            if (manner == "half a chunk and the end")
            {
                byte[] chunk = Wire.Data(
                    request.Cookie, request.Offset, FaithfulServer.Disk(start, (int)request.Length), Wire.Done);
                await peer.SendAsync(chunk[..(chunk.Length / 2)]);
            }

            peer.Cut(byReset: manner == "a reset");
            throw new ConnectionCutException();
        });

    private static byte[] Expected(string manner, long diskOffset, int length) => manner == "OK and the end"
        ? Wire.Disk(diskOffset, length)
        : FaithfulServer.Disk(diskOffset, length);

    private static async Task<byte[]> ReadAsync(CachedDisk disk, long diskOffset, int length)
    {
        CopyingBorrower borrower = new();
        await disk.LendAsync(diskOffset, length, borrower, CancellationToken.None)
            .AsTask().WaitAsync(ScriptedNbdServer.Bound);
        return borrower.Bytes;
    }
}
