using VdiFs.Disks.Pools.Doctor;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Doctor;

public sealed class NetworkChecksTests
{
    private readonly PoolBuilder _builder = new();
    private readonly HostRecord _one;
    private readonly HostRecord _two;

    public NetworkChecksTests()
    {
        _one = _builder.Host("one", "10.0.0.1");
        _two = _builder.Host("two", "10.0.0.2");
    }

    [Fact]
    public void A_network_for_NBD_that_reaches_every_host_needs_nothing()
    {
        NetworkRecord network = _builder.Network("storage", "nbd");
        _builder.Pif(_one, network, "10.0.0.1");
        _builder.Pif(_two, network, "", "fd00::2/64");
        Run().AssertIs(FindingLevel.Ok, "storage has the purpose nbd and reaches every host", cure: null);
    }

    [Fact]
    public void Without_one_the_management_network_is_to_be_enabled()
    {
        NetworkRecord management = _builder.Network("management");
        _builder.Pif(_one, management, "10.0.0.1");
        Run().AssertIs(
            FindingLevel.Problem,
            "no network of the pool has the purpose nbd",
            $"xe network-param-add param-name=purpose param-key=nbd uuid={management.Uuid}");
    }

    [Fact]
    public void A_pool_without_any_network_is_told_what_to_enable()
    {
        Run().AssertIs(FindingLevel.Problem, "no network", "uuid=<network uuid>");
    }

    [Fact]
    public void A_network_that_is_not_encrypted_is_to_be_changed()
    {
        NetworkRecord network = _builder.Network("storage", "insecure_nbd");
        _builder.Pif(_one, network, "10.0.0.1");
        _builder.Pif(_two, network, "10.0.0.2");
        Finding[] found = [.. Run()];
        Assert.Equal(2, found.Length);
        found[0].AssertIs(
            FindingLevel.Warning,
            "disks cross it unencrypted",
            $"xe network-param-remove param-name=purpose param-key=insecure_nbd uuid={network.Uuid} "
            + $"&& xe network-param-add param-name=purpose param-key=nbd uuid={network.Uuid}");
        found[1].AssertIs(FindingLevel.Ok, "storage has the purpose insecure_nbd and reaches every host", cure: null);
    }

    [Theory]
    [InlineData(false, "10.0.0.2")]
    [InlineData(true, "")]
    public void A_host_that_has_no_address_there_is_named(bool isAttached, string ip)
    {
        NetworkRecord network = _builder.Network("storage", "nbd");
        _builder.Pif(_one, network, "10.0.0.1");
        PifRecord pif = _builder.Pif(_two, network, ip) with { CurrentlyAttached = isAttached };
        _builder.Database = _builder.Database with { Pifs = _builder.Database.Pifs.SetItem(pif.Ref, pif) };
        Run().AssertIs(
            FindingLevel.Warning, "but no address on two: their", $"xe pif-list network-uuid={network.Uuid}");
    }

    private IEnumerable<Finding> Run() => NetworkChecks.Run(_builder.Database);
}
