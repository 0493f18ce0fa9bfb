using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Sources;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Disks;

/// <summary>What is known of the exports of a server, when, and what it costs.</summary>
public sealed class ExportListingTests
{
    private const int Many = 100;
    private const int First = 64;

    private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task A_few_exports_are_described_at_once_by_one_question_each_over_one_connection()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await ListAsync(peer, 3);
                await DescribeAsync(peer, Names(0, 3));
                await peer.ExpectOptionAsync(2);
            },
            Nobody);
        await using IDiskCatalog catalog = await LoadAsync(server);
        Assert.Equal([4096L, 4097, 4098], catalog.Disks.Select(disk => disk.KnownLength));
        Assert.Equal("words of 2", catalog.Disks[2].Description);
    }

    [Fact]
    public async Task Of_many_exports_a_mount_waits_for_the_first_ones_alone()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await ListAsync(peer, Many);
                await DescribeAsync(peer, Names(0, First));
                await _goOn.Task;
                await DescribeAsync(peer, Many - First);
                await peer.ExpectOptionAsync(2);
            },
            Nobody);
        await using IDiskCatalog catalog = await LoadAsync(server);
        Assert.Equal(Many, catalog.Disks.Count);
        Assert.Equal(First, catalog.Disks.Count(disk => disk.KnownLength is not null));
        Task last = catalog.Disks[^1].WaitForDescriptionAsync(TestContext.Current.CancellationToken);
        Assert.False(last.IsCompleted);
        _goOn.SetResult();
        await WaitForAllAsync(catalog);
        Assert.Equal(
            Names(0, Many).Select(number => (long?)4096 + number), catalog.Disks.Select(disk => disk.KnownLength));
        Assert.Equal("words of 99", catalog.Disks[^1].Description);
    }

    [Fact]
    public async Task What_somebody_waits_for_is_asked_first()
    {
        List<int> asked = [];
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await ListAsync(peer, Many);
            await DescribeAsync(peer, Names(0, First));
            asked.Add(await ReceiveQuestionAsync(peer));
            await _goOn.Task;
            await AnswerAsync(peer, asked[0]);
            while (asked.Count < Many - First)
            {
                asked.Add(await ReceiveQuestionAsync(peer));
                await AnswerAsync(peer, asked[^1]);
            }
        });
        await using IDiskCatalog catalog = await LoadAsync(server);
        Task wanted = catalog.Disks[90].WaitForDescriptionAsync(TestContext.Current.CancellationToken);
        _goOn.SetResult();
        await wanted.WaitAsync(ScriptedNbdServer.Bound, TestContext.Current.CancellationToken);
        await WaitForAllAsync(catalog);
        Assert.True(asked.IndexOf(90) <= 1, string.Join(' ', asked));
        Assert.Equal(Enumerable.Range(First, Many - First), asked.Order());
    }

    [Fact]
    public async Task A_server_that_ends_the_conversation_is_asked_on_in_another()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await ListAsync(peer, Many);
                await DescribeAsync(peer, 70);
                await ReceiveQuestionAsync(peer);
                peer.Cut(byReset: false);
            },
            async peer =>
            {
                await StartAsync(peer);
                await DescribeAsync(peer, Many - 70);
                await peer.ExpectOptionAsync(2);
            },
            Nobody);
        await using IDiskCatalog catalog = await LoadAsync(server);
        await WaitForAllAsync(catalog);
        Assert.Equal(
            Names(0, Many).Select(number => (long?)4096 + number), catalog.Disks.Select(disk => disk.KnownLength));
    }

    [Fact]
    public async Task A_server_that_ends_it_again_and_again_leaves_lengths_to_who_opens_the_disks()
    {
        int connections = 0;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await ListAsync(peer, Many);
                await DescribeAsync(peer, 70);
                peer.Cut(byReset: false);
            },
            async peer =>
            {
                connections++;
                await StartAsync(peer);
                await ReceiveQuestionAsync(peer);
                peer.Cut(byReset: false);
            });
        await using IDiskCatalog catalog = await LoadAsync(server);
        await WaitForAllAsync(catalog);
        Assert.Equal(70, catalog.Disks.Count(disk => disk.KnownLength is not null));
        Assert.Equal(1, connections);
    }

    [Fact]
    public async Task A_server_that_describes_nothing_lists_disks_all_the_same()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await ListAsync(peer, Many);
                await peer.ExpectOptionAsync(6);
                await peer.SendAsync(Wire.OptionReply(6, 0x80000001));
                await peer.ExpectOptionAsync(2);
            },
            Nobody);
        await using IDiskCatalog catalog = await LoadAsync(server);
        await WaitForAllAsync(catalog);
        Assert.All(catalog.Disks, disk => Assert.Null(disk.KnownLength));
    }

    [Fact]
    public async Task A_length_of_0_is_looked_at_by_opening_once_the_conversation_has_ended()
    {
        bool hasEnded = false;
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await ListAsync(peer, 1);
                Assert.Equal(0, await ReceiveQuestionAsync(peer));
                await peer.SendAsync(Wire.InfoExport(6, 0, 3), Wire.OptionReply(6, 1));
                await peer.ExpectOptionAsync(2);
                await peer.DrainAsync();
                hasEnded = true;
            },
            async peer =>
            {
                Assert.True(SpinWait.SpinUntil(() => hasEnded, ScriptedNbdServer.Bound));
                await StartAsync(peer);
                await peer.ExpectOptionAsync(6);
                await peer.SendAsync(Wire.InfoExport(6, 0, 3), Wire.OptionReply(6, 1));
                await peer.ExpectOptionAsync(10);
                await peer.SendAsync(Wire.OptionReply(10, 1));
                await peer.ExpectOptionAsync(7);
                await peer.SendAsync(Wire.InfoExport(7, 8192, 3), Wire.OptionReply(7, 1));
            });
        await using IDiskCatalog catalog = await LoadAsync(server);
        Assert.Equal(8192, Assert.Single(catalog.Disks).KnownLength);
    }

    [Fact]
    public async Task Many_exports_of_length_0_are_not_opened_one_by_one()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(
            async peer =>
            {
                await ListAsync(peer, Many);
                for (int asked = 0; asked < Many; asked++)
                {
                    await ReceiveQuestionAsync(peer);
                    await peer.SendAsync(Wire.InfoExport(6, 0, 3), Wire.OptionReply(6, 1));
                }

                await peer.ExpectOptionAsync(2);
            },
            Nobody);
        await using IDiskCatalog catalog = await LoadAsync(server);
        await WaitForAllAsync(catalog);
        Assert.All(catalog.Disks, disk => Assert.Null(disk.KnownLength));
    }

    [Fact]
    public async Task A_catalog_that_is_closed_lets_those_go_who_wait()
    {
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            await ListAsync(peer, Many);
            await DescribeAsync(peer, Names(0, First));
            await peer.SilenceAsync();
        });
        IDiskCatalog catalog = await LoadAsync(server);
        Task waiting = catalog.Disks[^1].WaitForDescriptionAsync(TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        await catalog.DisposeAsync();
        await waiting.WaitAsync(ScriptedNbdServer.Bound, TestContext.Current.CancellationToken);
    }

    private static Task Nobody(ServerPeer peer) => throw new InvalidOperationException("one connection too many");

    private static IEnumerable<int> Names(int from, int to) => Enumerable.Range(from, to - from);

    private static async Task StartAsync(ServerPeer peer)
    {
        await peer.GreetAsync(3);
        await peer.ExpectOptionAsync(8);
        await peer.SendAsync(Wire.OptionReply(8, 1));
    }

    private static async Task ListAsync(ServerPeer peer, int count)
    {
        await StartAsync(peer);
        await peer.ExpectOptionAsync(3);
        await peer.SendAsync(
            Wire.Join([.. Names(0, count).Select(number => Wire.ListedExport($"{number}"))]), Wire.OptionReply(3, 1));
    }

    private static async Task DescribeAsync(ServerPeer peer, IEnumerable<int> names)
    {
        foreach (int name in names)
        {
            Assert.Equal(name, await ReceiveQuestionAsync(peer));
            await AnswerAsync(peer, name);
        }
    }

    /// <summary>So many, in any order.</summary>
    private static async Task DescribeAsync(ServerPeer peer, int count)
    {
        for (int asked = 0; asked < count; asked++)
        {
            await AnswerAsync(peer, await ReceiveQuestionAsync(peer));
        }
    }

    private static async Task<int> ReceiveQuestionAsync(ServerPeer peer)
    {
        byte[] data = await peer.ExpectOptionAsync(6);
        return int.Parse(
            Encoding.UTF8.GetString(data, 4, BinaryPrimitives.ReadInt32BigEndian(data)),
            System.Globalization.CultureInfo.InvariantCulture);
    }

    private static Task AnswerAsync(ServerPeer peer, int name) => peer.SendAsync(
        Wire.InfoExport(6, 4096 + (ulong)name, 3),
        Wire.OptionReply(6, 3, Wire.U16(2), Wire.Text($"words of {name}")),
        Wire.OptionReply(6, 1));

    private static Task WaitForAllAsync(IDiskCatalog catalog) => Task
        .WhenAll(catalog.Disks.Select(disk => disk.WaitForDescriptionAsync(CancellationToken.None)))
        .WaitAsync(ScriptedNbdServer.Bound);

    private static Task<IDiskCatalog> LoadAsync(ScriptedNbdServer server) => DiskSources.LoadAsync(
            server.UriText,
            new CatalogOptions { MountTime = DateTimeOffset.UnixEpoch },
            NullLogger.Instance,
            TestContext.Current.CancellationToken)
        .WaitAsync(ScriptedNbdServer.Bound);
}
