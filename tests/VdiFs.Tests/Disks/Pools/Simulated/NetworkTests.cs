using VdiFs.Disks;
using VdiFs.Pool;
using VdiFs.Pool.Demo;
using VdiFs.Pool.State;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Simulated;

/// <summary>Where NBD is allowed, and whether the right server is there.</summary>
public sealed class NetworkTests : SimulatedPoolTest
{
    private const string BackupKey = "xo:backupNetwork";

    private NetworkObject Allowed => Network(PoolHardware.NbdNetwork);

    private NetworkObject Other => Network("Guest network");

    [Fact]
    public async Task Without_a_purpose_the_error_is_the_cure()
    {
        Pool.State.Mutate(() => Allowed.Purpose.Remove("nbd"));
        await Pool.MountAsync();

        DiskException error = await Pool.FailAsync(Pool.Snapshot);
        Assert.Equal(DiskErrorKind.Unsupported, error.Kind);
        Assert.Contains(
            $"xe network-param-add param-name=purpose param-key=nbd uuid={Allowed.Uuid}",
            error.Message,
            StringComparison.Ordinal);
        await AllowAgainAsync();
        await Pool.AssertHoldsAsync(Pool.Snapshot);
    }

    [Fact]
    public async Task A_purpose_that_goes_under_an_open_disk_is_an_error_until_it_is_back()
    {
        await Pool.MountAsync();
        await Pool.ReadAsync(Pool.Snapshot);
        await SimulatedPool.UntilAsync(() => Pool.NbdConnections == 0, "idle connections are closed");
        Pool.State.Mutate(() => Allowed.Purpose.Remove("nbd"));
        await SimulatedPool.UntilAsync(() => !IsAllowed(), "the pool is followed");
        Assert.Equal(DiskErrorKind.Unsupported, (await Pool.FailAsync(Pool.Snapshot, 8 << 20)).Kind);

        await AllowAgainAsync();
        await Pool.AssertHoldsAsync(Pool.Snapshot);
    }

    [Fact]
    public async Task A_pool_that_has_nbd_in_clear_text_is_read_in_clear_text()
    {
        Pool.State.Mutate(() => Allowed.Purpose.Replace(["insecure_nbd"]));
        await Pool.MountAsync();

        await Pool.AssertHoldsAsync(Pool.Snapshot);
    }

    [Fact]
    public async Task Only_the_backup_network_is_used()
    {
        AllowOther();
        Pool.State.Mutate(() => Pool.State.Pool.OtherConfig[BackupKey] = Allowed.Uuid);
        await Pool.MountAsync();

        await Pool.AssertHoldsAsync(Pool.Snapshot);
        AssertAddresses(Pool.State.Hosts.Select(host => host.Address));
    }

    [Fact]
    public async Task The_network_that_was_asked_for_goes_before_the_backup_network()
    {
        AllowOther();
        Pool.State.Mutate(() => Pool.State.Pool.OtherConfig[BackupKey] = Other.Uuid);
        await Pool.MountAsync(options: options => options with { Network = PoolHardware.NbdNetwork });

        await Pool.AssertHoldsAsync(Pool.Snapshot);
        AssertAddresses(Pool.State.Hosts.Select(host => host.Address));
    }

    [Fact]
    public async Task Addresses_where_nobody_answers_do_not_keep_from_those_where_somebody_does()
    {
        AllowOther();
        await Pool.MountAsync();

        await Pool.AssertHoldsAsync(Pool.Snapshot);
        await Pool.AssertHoldsAsync(Pool.Disk);
    }

    [Fact]
    public async Task IPv6_addresses_where_no_xapi_nbd_listens_come_last_and_keep_nobody_from_reading()
    {
        Pool.State.Mutate(() => InterfaceOf(Pool.LocalHost).Ipv6.Replace(["fe80::1/64", "::1/128"]));
        await Pool.MountAsync();

        await Pool.AssertHoldsAsync(Pool.LocalDisk);
        string[] places = [.. Pool.EntryOf(Pool.LocalDisk).Opened!.Source.Servers.Select(server => server.Address)];
        Assert.Contains(Pool.LocalHost.Address, places[0], StringComparison.Ordinal);
        // In an order of chance, but behind IPv4.
        Assert.Equal(3, places.Length);
        Assert.All(places[1..], place => Assert.Contains("://[", place, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_host_that_has_no_IPv4_address_for_nbd_is_an_error_until_it_has()
    {
        PifObject pif = InterfaceOf(Pool.LocalHost);
        Pool.State.Mutate(() =>
        {
            pif.Ip = "";
            pif.Ipv6.Replace(["::1/128"]);
        });
        await Pool.MountAsync(TimeSpan.FromSeconds(20));

        DiskException error = await Pool.FailAsync(Pool.LocalDisk);
        Assert.Equal(DiskErrorKind.Unreachable, error.Kind);
        Assert.Contains("[::1]", error.Message, StringComparison.Ordinal);
        Pool.State.Mutate(() => pif.Ip = Pool.LocalHost.Address);
        await Pool.RecoversAsync(Pool.LocalDisk);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Purposes_that_contradict_each_other_are_an_error_until_one_of_them_is_gone(bool onOneNetwork)
    {
        // XAPI does not take the second; a database may have both all the same, and xapi-nbd then hangs up.
        NetworkObject second = onOneNetwork ? Allowed : Other;
        Pool.State.Mutate(() => second.Purpose.Add("insecure_nbd"));
        await Pool.MountAsync(TimeSpan.FromSeconds(20));

        DiskException error = await Pool.FailAsync(Pool.Snapshot);
        Assert.Equal(DiskErrorKind.Unreachable, error.Kind);
        Pool.State.Mutate(() => second.Purpose.Remove("insecure_nbd"));
        await Pool.RecoversAsync(Pool.Snapshot);
    }

    [Fact]
    public async Task A_backup_network_without_nbd_is_an_error_with_the_cure()
    {
        Pool.State.Mutate(() => Pool.State.Pool.OtherConfig[BackupKey] = Other.Uuid);
        await Pool.MountAsync();

        DiskException error = await Pool.FailAsync(Pool.Snapshot);
        Assert.Equal(DiskErrorKind.Unsupported, error.Kind);
        Assert.Contains($"param-key=nbd uuid={Other.Uuid}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stale_certificate_is_an_error_until_the_server_is_restarted()
    {
        Pool.Actions.ReplaceCertificate(Pool.LocalHost);
        // Nothing that waiting would mend: the error comes long before the deadline.
        await Pool.MountAsync(TimeSpan.FromHours(1));
        DiskException error = await Pool.FailAsync(Pool.LocalDisk);
        Assert.Equal(DiskErrorKind.NotPermitted, error.Kind);
        Assert.Contains("systemctl restart xapi-nbd", error.Message, StringComparison.Ordinal);

        PoolActions.ReloadNbdCertificate(Pool.LocalHost);
        await Pool.AssertHoldsAsync(Pool.LocalDisk);
    }

    [Fact]
    public async Task A_stale_certificate_may_be_trusted()
    {
        Pool.Actions.ReplaceCertificate(Pool.LocalHost);
        await Pool.MountAsync(options: options => options with { TrustStaleCertificates = true });

        await Pool.AssertHoldsAsync(Pool.LocalDisk);
    }

    [Fact]
    public async Task A_host_with_a_stale_certificate_is_left_for_another()
    {
        Pool.Actions.ReplaceCertificate(Pool.State.Hosts[1]);
        Pool.Actions.ReplaceCertificate(Pool.State.Hosts[2]);
        await Pool.MountAsync();

        await Pool.AssertHoldsAsync(Pool.Snapshot);
        await Pool.AssertHoldsAsync(Pool.Disk);
    }

    private NetworkObject Network(string name) => Pool.State.All<NetworkObject>().Single(one => one.NameLabel == name);

    private PifObject InterfaceOf(HostObject host) =>
        Pool.State.All<PifObject>().Single(pif => pif.Host == host && pif.Network == Allowed);

    /// <summary>A second network with NBD, on which no xapi-nbd listens.</summary>
    private void AllowOther() => Pool.State.Mutate(() =>
    {
        Other.Purpose.Add("nbd");
        foreach (PifObject pif in Pool.State.All<PifObject>().Where(pif => pif.Network == Other))
        {
            pif.Ip = pif.Host.Address + "00";
        }
    });

    private bool IsAllowed() => Pool.Mirrored.Networks.Values.Any(network => network.Purpose.Count > 0);

    private async Task AllowAgainAsync()
    {
        Pool.State.Mutate(() => Allowed.Purpose.Add("nbd"));
        await SimulatedPool.UntilAsync(IsAllowed, "the pool is followed");
        // Who has the disk is not asked again at once.
        await Pool.RecoversAsync(Pool.Snapshot);
    }

    private void AssertAddresses(IEnumerable<string> expected) => Assert.Equal(
        expected.Order(),
        Pool.EntryOf(Pool.Snapshot).Opened!.Source.Servers
            .Select(server => server.Address.Split("//")[1].Split(':')[0]).Order());
}
