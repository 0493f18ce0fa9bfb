using VdiFs.Disks;
using VdiFs.Disks.Failover;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks.Failover;

/// <summary>Servers that come and go under an open disk.</summary>
public sealed class DirectoryTests
{
    private const int Place = 300 * 1024;

    [Fact]
    public async Task A_server_that_comes_in_later_is_read_when_the_first_is_gone()
    {
        ScriptedNbdServer first = ScriptedNbdServer.Start(FaithfulServer.Serving());
        await using ScriptedNbdServer second = ScriptedNbdServer.Start(FaithfulServer.Serving());
        DiskServer[] found = [LazyDisk.Server(first)];
        ScriptedDirectory directory = new(() => Volatile.Read(ref found));
        await using FailoverDisk disk = LazyDisk.Create(directory);
        await AssertReadsAsync(disk);
        Volatile.Write(ref found, [LazyDisk.Server(second)]);
        await first.DisposeAsync();
        await AssertReadsAsync(disk);
        Assert.Equal(second.UriText, Assert.Single(disk.DescribeServers()).Address);
    }

    [Fact]
    public async Task A_server_that_the_directory_does_not_name_any_more_is_read_while_it_is_connected()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving());
        DiskServer[] found = [LazyDisk.Server(server)];
        ScriptedDirectory directory = new(() => Volatile.Read(ref found));
        await using FailoverDisk disk = LazyDisk.Create(directory);
        await AssertReadsAsync(disk);
        Volatile.Write(ref found, []);
        await AssertReadsAsync(disk);
        Assert.Equal(1, directory.Asked);
    }

    [Fact]
    public async Task The_server_that_the_directory_names_first_is_tried_first()
    {
        await using ScriptedNbdServer first = ScriptedNbdServer.Start(FaithfulServer.Serving());
        await using ScriptedNbdServer second = ScriptedNbdServer.Start(FaithfulServer.Serving());
        for (int i = 0; i < 16; i++)
        {
            await using FailoverDisk disk = LazyDisk.Create(LazyDisk.Of(first, second));
            await AssertReadsAsync(disk);
            Assert.Equal([1, 0], disk.DescribeServers().Select(server => server.TimesConnected));
        }
    }

    [Fact]
    public async Task Each_connection_is_made_with_what_the_directory_says_then()
    {
        List<string> names = [];
        Func<ServerPeer, Task> script = XapiNbd.Serving(FaithfulServer.Length, named: name =>
        {
            names.Add(name);
            return true;
        });
        ScriptedNbdServer first = ScriptedNbdServer.StartTcp(script);
        await using ScriptedNbdServer second = ScriptedNbdServer.StartTcp(script);
        int generation = 0;
        NbdUri uri = first.Uri("disk?");
        ScriptedDirectory directory = new(() =>
        [
            new DiskServer("host", uri, new NbdClientOptions { ExportNameSecret = new NbdSecret($"{++generation}") }),
        ]);
        await using FailoverDisk disk = LazyDisk.Create(directory);
        await AssertReadsAsync(disk);
        uri = second.Uri("disk?");
        await first.DisposeAsync();
        await AssertReadsAsync(disk);
        Assert.Equal("disk?1", names[0]);
        Assert.True(names.Count == 2 && names[1] != "disk?1", string.Join(' ', names));
    }

    [Fact]
    public async Task That_no_server_can_have_the_disk_is_the_readers_error_at_once()
    {
        ScriptedDirectory directory = new(
            () => throw new DiskException(DiskErrorKind.Unsupported, "no network has the purpose nbd"));
        await using FailoverDisk disk = LazyDisk.Create(directory);
        for (int i = 0; i < 2; i++)
        {
            DiskException failure =
                await FailoverDiskTests.ReadAsync(disk, Place).FailsAsync(DiskErrorKind.Unsupported);
            Assert.Equal(
                $"read of 4096 bytes at {Place} failed: no network has the purpose nbd", failure.Message);
            Assert.Equal(failure.Message, disk.LastError);
        }
    }

    [Fact]
    public async Task What_cannot_be_found_out_now_is_asked_again_and_not_all_the_time()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(FaithfulServer.Serving());
        ManualClock clock = new();
        DiskServer? found = null;
        ScriptedDirectory directory = new(() => Volatile.Read(ref found) is { } one
            ? [one]
            : throw new DiskException(DiskErrorKind.Unreachable, "the coordinator does not answer"));
        FailoverOptions options = new() { TimeProvider = clock };
        await using FailoverDisk disk = LazyDisk.Create(directory, options: options);
        Task<byte[]> read = FailoverDiskTests.ReadAsync(disk, Place);
        for (int i = 0; i < 2; i++)
        {
            await clock.WaitedForAsync(options.ConnectStagger);
            Assert.Equal(1, directory.Asked);
            clock.Advance(options.ConnectStagger);
        }

        Volatile.Write(ref found, LazyDisk.Server(server));
        await clock.WaitedForAsync(options.ConnectStagger);
        clock.Advance(options.ConnectStagger);
        Assert.Equal(FaithfulServer.Disk(Place, 4096), await read);
        Assert.Equal(2, directory.Asked);
    }

    [Fact]
    public async Task A_directory_that_never_answers_is_named_at_the_deadline()
    {
        ScriptedDirectory directory = new(async cancellationToken =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            return [];
        });
        ManualClock clock = new();
        FailoverOptions options = new() { TimeProvider = clock };
        await using FailoverDisk disk = LazyDisk.Create(directory, options: options);
        Task<byte[]> read = FailoverDiskTests.ReadAsync(disk, Place);
        await clock.PassUntilAsync(() => directory.Asked > 1, TimeSpan.FromSeconds(1));
        clock.Advance(options.ReadDeadline);
        DiskException failure = await read.FailsAsync(DiskErrorKind.Unreachable);
        Assert.Contains("was not found out in 30 s", failure.Message, StringComparison.Ordinal);
    }

    private static async Task AssertReadsAsync(FailoverDisk disk) =>
        Assert.Equal(FaithfulServer.Disk(Place, 4096), await FailoverDiskTests.ReadAsync(disk, Place));
}
