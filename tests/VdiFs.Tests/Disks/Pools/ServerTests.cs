using Microsoft.Extensions.Logging.Abstractions;
using VdiFs.Disks;
using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Failover;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Pools.Servers;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using VdiFs.Xapi;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools;

public class ServerTests
{
    private const string Print =
        "aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99";

    private readonly PoolBuilder _builder = new();
    private readonly ManualClock _clock = new();
    private readonly HostRecord _one;
    private readonly HostRecord _two;
    private readonly NetworkRecord _network;
    private readonly SrRecord _sr;
    private readonly VdiRecord _vdi;

    public ServerTests()
    {
        _one = _builder.Host("one", "10.0.0.1");
        _two = _builder.Host("two", "10.0.0.2");
        _network = _builder.Network("storage", "nbd");
        _builder.Pif(_one, _network, "10.0.0.1", "fd00::1/64", "fe80::1/64");
        _builder.Pif(_two, _network, "10.0.0.2");
        _builder.Certificate(_one, Print);
        _builder.Certificate(_two, Print);
        _sr = _builder.Sr("store", hosts: [_one, _two]);
        _vdi = _builder.Vdi(_sr, "root");
    }

    [Fact]
    public async Task A_dead_host_that_fails_the_question_leaves_the_others()
    {
        HostMetricsRecord dead = _builder.Database.HostMetrics[_two.Metrics] with { Live = false };
        _builder.Database = _builder.Database with
        {
            HostMetrics = _builder.Database.HostMetrics.SetItem(dead.Ref, dead),
        };
        FakePool pool = Pool();
        pool.Fail = _ => FakePool.Refusal(XapiCodes.HostOffline, _two.Ref.ToString());

        IReadOnlyList<PoolServer> servers = await FindAsync(pool);

        Assert.Equal(["10.0.0.1", "fd00::1"], servers.Select(server => server.Address));
        Assert.All(servers, server => Assert.Equal("/" + _vdi.Uuid, server.ExportName));
        Assert.All(servers, server => Assert.Equal("?session_id=OpaqueRef:session-1", server.ExportNameRest.Value));
        Assert.All(servers, server => Assert.Equal(Print, server.Fingerprint));
        Assert.All(servers, server => Assert.True(server.IsTls));
    }

    [Fact]
    public async Task An_interface_without_an_address_is_no_way_to_a_disk()
    {
        _builder.Pif(_two, _builder.Network("second", "nbd"), "");
        FakePool pool = Pool();
        pool.Fail = _ => FakePool.Refusal(XapiCodes.CannotContactHost);

        Assert.Equal(
            ["10.0.0.1", "10.0.0.2", "fd00::1"], (await FindAsync(pool)).Select(server => server.Address).Order());
    }

    [Fact]
    public async Task A_certificate_that_was_noted_without_its_fingerprint_leaves_the_one_before()
    {
        CertificateRecord newer = _builder.Certificate(_one, "") with { NotBefore = DateTimeOffset.MaxValue };
        _builder.Database = _builder.Database with
        {
            Certificates = _builder.Database.Certificates.SetItem(newer.Ref, newer),
        };
        FakePool pool = Pool();
        pool.NbdInfo = _ => [Info("10.0.0.1")];

        Assert.Equal(Print, Assert.Single(await FindAsync(pool)).Fingerprint);
    }

    [Fact]
    public async Task A_server_whose_certificate_nobody_tells_is_none_unless_any_will_do()
    {
        _builder.Database = _builder.Database with { Certificates = _builder.Database.Certificates.Clear() };
        FakePool pool = Pool();
        pool.NbdInfo = _ => [Info("10.0.0.1")];

        await Assert.ThrowsAsync<DiskException>(() => FindAsync(pool));
        PoolServers trusting = Servers(pool, new PoolOptions { TrustStaleCertificates = true });
        Assert.Null(Assert.Single(await trusting.FindAsync(Token)).Fingerprint);
    }

    [Fact]
    public async Task Disks_spread_over_the_hosts()
    {
        FakePool pool = Pool();
        pool.NbdInfo = _ => [Info("10.0.0.1"), Info("10.0.0.2")];
        HashSet<string> first = [];
        for (int seed = 0; seed < 32; seed++)
        {
            PoolServers servers = new(
                pool, _vdi.Ref, "disk", new PoolOptions(), _clock, new Random(seed), NullLogger.Instance);
            first.Add((await servers.FindAsync(Token))[0].Address);
        }

        Assert.Equal(2, first.Count);
    }

    [Fact]
    public async Task A_host_that_hangs_the_question_does_not_keep_the_others_from_delivering()
    {
        FakePool pool = Pool();
        pool.NbdInfoDelay = token => Task.Delay(Timeout.InfiniteTimeSpan, token);
        Task<IReadOnlyList<PoolServer>> asked = FindAsync(pool);
        await _clock.WaitedForAsync(TimeSpan.FromSeconds(10));
        _clock.Advance(TimeSpan.FromSeconds(10));

        IReadOnlyList<PoolServer> servers = await asked.WaitAsync(ScriptedNbdServer.Bound, Token);

        Assert.Equal(3, servers.Count);
    }

    [Fact]
    public async Task Names_built_from_the_records_have_the_session_of_now()
    {
        FakePool pool = Pool();
        pool.Fail = _ => FakePool.Refusal(XapiCodes.CannotContactHost);
        await FindAsync(pool);

        pool.Session = new PoolSecret("OpaqueRef:session-2");

        Assert.All(
            await FindAsync(pool),
            server => Assert.Equal("?session_id=OpaqueRef:session-2", server.ExportNameRest.Value));
    }

    [Fact]
    public async Task What_the_pool_answers_goes_before_its_records_and_is_split_so_that_the_session_is_never_shown()
    {
        FakePool pool = Pool();
        pool.NbdInfo = _ => [Info("10.0.0.2")];

        PoolServer server = Assert.Single(await FindAsync(pool));

        Assert.Equal(_two, server.Host);
        Assert.Equal("/" + _vdi.Uuid, server.ExportName);
        Assert.Equal("?session_id=OpaqueRef:secret", server.ExportNameRest.Value);
        IReadOnlyList<DiskServer> described = await new PoolServerDirectory(
            Servers(pool, new PoolOptions()), new NbdClientOptions(), trustsStale: false).FindAsync(Token);
        Assert.Equal($"two (nbds://10.0.0.2//{_vdi.Uuid})", described[0].Address);
        Assert.Equal($"nbds://10.0.0.2//{_vdi.Uuid}", described[0].Uri.ToString());
        Assert.NotNull(described[0].Client.ExportNameSecret);
        Assert.Equal(Print.Replace(":", "", StringComparison.Ordinal), described[0].Client.Tls!.Fingerprint);
        Assert.DoesNotContain("OpaqueRef", described[0].Client.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_is_one_however_many_networks_it_serves_on()
    {
        _builder.Pif(_one, _builder.Network("backup", "nbd"), "192.168.0.1");
        FakePool pool = Pool();
        pool.NbdInfo = _ => [Info("10.0.0.1"), Info("192.168.0.1"), Info("10.0.0.2")];

        IReadOnlyList<DiskServer> servers = await new PoolServerDirectory(
            Servers(pool, new PoolOptions()), new NbdClientOptions(), trustsStale: false).FindAsync(Token);

        Assert.Equal(
            [("10.0.0.1", _one.Uuid), ("10.0.0.2", _two.Uuid), ("192.168.0.1", _one.Uuid)],
            servers.Select(server => (server.Uri.Host!, server.HostKey)).Order());
    }

    [Theory]
    [InlineData(false, "nbd")]
    [InlineData(true, "")]
    [InlineData(true, "management")]
    public async Task An_interface_that_serves_no_NBD_says_nothing_of_whose_an_address_is(
        bool isAttached, string purpose)
    {
        PifRecord pif = _builder.Pif(_two, _builder.Network("other", purpose), "10.0.0.9");
        _builder.Database = _builder.Database with
        {
            Pifs = _builder.Database.Pifs.SetItem(pif.Ref, pif with { CurrentlyAttached = isAttached }),
        };
        FakePool pool = Pool();
        pool.NbdInfo = _ => [Info("10.0.0.9")];
        Assert.Equal(DiskErrorKind.Unreachable, await KindOfFailureAsync(pool));

        PoolServer server = Assert.Single(
            ServerCandidates.From([Info("10.0.0.9")], _vdi, _builder.Database));

        Assert.Null(server.Host);
        Assert.Null(server.Network);
        Assert.Null(server.Fingerprint);
    }

    [Fact]
    public async Task A_network_declared_insecure_is_plain_and_no_other()
    {
        _builder.Database = _builder.Database with
        {
            Networks = _builder.Database.Networks.SetItem(_network.Ref, _network with { Purpose = ["insecure_nbd"] }),
        };
        FakePool pool = Pool();
        pool.NbdInfo = _ => [Info("10.0.0.1")];

        DiskServer server = Assert.Single(await new PoolServerDirectory(
            Servers(pool, new PoolOptions()), new NbdClientOptions(), trustsStale: false).FindAsync(Token));

        Assert.False(server.Uri.IsTls);
        Assert.Null(server.Client.Tls);
    }

    [Theory]
    [InlineData("nbd", "insecure_nbd")]
    [InlineData("insecure_nbd", "nbd")]
    public async Task A_network_declared_both_is_never_plain(params string[] purpose)
    {
        _builder.Database = _builder.Database with
        {
            Networks = _builder.Database.Networks.SetItem(_network.Ref, _network with { Purpose = purpose }),
        };
        FakePool pool = Pool();
        pool.NbdInfo = _ => [Info("10.0.0.1")];

        DiskServer server = Assert.Single(await new PoolServerDirectory(
            Servers(pool, new PoolOptions()), new NbdClientOptions(), trustsStale: false).FindAsync(Token));

        Assert.True(server.Uri.IsTls);
        Assert.NotNull(server.Client.Tls);
    }

    [Fact]
    public async Task A_disk_that_a_VM_writes_to_is_only_asked_of_that_VMs_host()
    {
        VmRecord vm = _builder.Vm("web01", record => record with { PowerState = "Running", ResidentOn = _two.Ref });
        _builder.Attach(vm, _vdi, "0", vbd => vbd with { CurrentlyAttached = true });
        FakePool pool = Pool();
        pool.NbdInfo = _ => [Info("10.0.0.1"), Info("10.0.0.2")];

        Assert.Equal(["10.0.0.2"], (await FindAsync(pool)).Select(server => server.Address));
    }

    [Fact]
    public async Task Only_the_chosen_network_is_used_else_the_pools_backup_network()
    {
        NetworkRecord backup = _builder.Network("backup", "nbd");
        _builder.Pif(_one, backup, "192.168.0.1");
        PoolRecord record = _builder.Database.Pool! with
        {
            OtherConfig = new Dictionary<string, string> { ["xo:backupNetwork"] = backup.Uuid },
        };
        FakePool pool = Pool();
        pool.NbdInfo = _ => [Info("10.0.0.1"), Info("10.0.0.2"), Info("192.168.0.1")];

        Assert.Equal(3, (await FindAsync(pool)).Count);
        Assert.Equal(["192.168.0.1"], (await FindAsync(pool, "backup")).Select(server => server.Address));
        pool.Change(now => now with { Pool = record });
        Assert.Equal(["192.168.0.1"], (await FindAsync(pool)).Select(server => server.Address));
        Assert.Equal(2, (await FindAsync(pool, _network.Uuid)).Count);
        DiskException unknown = await Assert.ThrowsAsync<DiskException>(() => FindAsync(pool, "nowhere"));
        Assert.Equal(DiskErrorKind.BadSource, unknown.Kind);
        Assert.Contains("backup, storage", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_network_for_NBD_the_command_that_enables_it_is_named()
    {
        _builder.Database = _builder.Database with
        {
            Networks = _builder.Database.Networks.SetItem(_network.Ref, _network with { Purpose = [] }),
        };

        DiskException refusal = await Assert.ThrowsAsync<DiskException>(() => FindAsync(Pool()));

        Assert.Equal(DiskErrorKind.Unsupported, refusal.Kind);
        Assert.Contains(
            $"xe network-param-add param-name=purpose param-key=nbd uuid={_network.Uuid}",
            refusal.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_SR_that_no_host_has_is_named()
    {
        _builder.Database = _builder.Database with { Pbds = _builder.Database.Pbds.Clear() };

        DiskException refusal = await Assert.ThrowsAsync<DiskException>(() => FindAsync(Pool()));

        Assert.Equal(DiskErrorKind.Unreachable, refusal.Kind);
        Assert.Contains($"SR store ({_sr.Uuid}) is attached to no host", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_is_gone_is_not_asked_for()
    {
        FakePool pool = Pool();
        pool.Change(now => now with { Vdis = now.Vdis.Clear() });

        DiskException refusal = await Assert.ThrowsAsync<DiskException>(() => FindAsync(pool));

        Assert.Equal(DiskErrorKind.NotFound, refusal.Kind);
        Assert.Empty(pool.Calls);
    }

    [Theory]
    [InlineData(XapiCodes.HandleInvalid, DiskErrorKind.NotFound)]
    [InlineData(XapiCodes.RbacPermissionDenied, DiskErrorKind.NotPermitted)]
    public async Task A_final_no_of_the_pool_is_the_answer(string code, DiskErrorKind kind)
    {
        FakePool pool = Pool();
        pool.Fail = _ => FakePool.Refusal(code);

        Assert.Equal(kind, (await Assert.ThrowsAsync<DiskException>(() => FindAsync(pool))).Kind);
    }

    [Fact]
    public async Task No_second_host_attaches_a_disk_while_the_first_may_still_be_at_it()
    {
        int attaching = 0;
        Task AttachAsync(ServerPeer peer)
        {
            Interlocked.Increment(ref attaching);
            return peer.SilenceAsync();
        }

        await using ScriptedNbdServer first = ScriptedNbdServer.StartTcp(AttachAsync);
        await using ScriptedNbdServer second = ScriptedNbdServer.StartTcp(AttachAsync);
        _builder.Pif(_one, _builder.Network("plain", "insecure_nbd"), "127.0.0.1");
        FakePool pool = Pool();
        pool.NbdInfo = _ => [Info("127.0.0.1", first.Uri().Port), Info("127.0.0.1", second.Uri().Port)];
        NbdPoolConnector connector = new(
            new CatalogOptions { MountTime = DateTimeOffset.UnixEpoch }, _clock, new Random(1), NullLogger.Instance);
        await using IDisk disk = connector.Connect(
            Servers(pool, new PoolOptions()), "disk", _vdi.VirtualSizeBytes, isLive: false).Disk;
        using CancellationTokenSource leaving = new();
        Task read = disk.ReadAsync(0, [new byte[4096]], leaving.Token).AsTask();

        await UntilAsync(() => Volatile.Read(ref attaching) == 1);
        await _clock.WaitedForAsync(TimeSpan.FromSeconds(45));
        _clock.Advance(TimeSpan.FromSeconds(45));
        await UntilAsync(() => Volatile.Read(ref attaching) == 2);

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(ScriptedNbdServer.Bound, Token));
    }

    private async Task<DiskErrorKind> KindOfFailureAsync(FakePool pool) =>
        (await Assert.ThrowsAsync<DiskException>(() => FindAsync(pool))).Kind;

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using CancellationTokenSource bound = new(ScriptedNbdServer.Bound);
        while (!isSo())
        {
            await Task.Delay(1, bound.Token);
        }
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private FakePool Pool() => new(_builder.Database);

    private VdiNbdServerInfo Info(string address, int port = 10809) => new()
    {
        ExportName = $"/{_vdi.Uuid}?session_id=OpaqueRef:secret", Address = address, Port = port,
        CertificatePem = "", Subject = "",
    };

    private Task<IReadOnlyList<PoolServer>> FindAsync(FakePool pool, string? network = null) =>
        Servers(pool, new PoolOptions { Network = network }).FindAsync(Token);

    private PoolServers Servers(FakePool pool, PoolOptions options) =>
        new(pool, _vdi.Ref, "disk", options, _clock, new Random(1), NullLogger.Instance);
}
