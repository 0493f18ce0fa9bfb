using VdiFs.Tests.Disks.Pools;
using VdiFs.Xapi.Model;
using VdiFs.Xapi.Session;
using Xunit;

namespace VdiFs.Tests.Xapi.Session;

/// <summary>Whom to ask when the coordinator is gone, and which certificate to expect there.</summary>
public sealed class PoolHostsTests
{
    private const string Print = "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899";

    private readonly PoolBuilder _builder = new();

    [Fact]
    public void Hosts_that_live_are_asked_first_and_those_without_an_address_never()
    {
        _builder.Host("dead", "10.0.0.1", live: false);
        _builder.Host("nowhere", "");
        _builder.Host("second", "10.0.0.3");
        _builder.Host("first", "10.0.0.2");

        Assert.Equal(["10.0.0.2", "10.0.0.3", "10.0.0.1"], PoolHosts.AddressesOf(_builder.Database));
    }

    [Fact]
    public void A_host_shows_its_certificate_at_each_of_its_addresses()
    {
        HostRecord host = _builder.Host("one", "10.0.0.1");
        NetworkRecord network = _builder.Network("storage");
        _builder.Pif(host, network, "10.0.0.1", "fd00::1/64");
        _builder.Pif(host, _builder.Network("guests"), "");
        _builder.Certificate(host, Print);
        _builder.Certificate(_builder.Host("two", "10.0.0.2"), "no fingerprint");

        Assert.Equal(
            [KeyValuePair.Create("10.0.0.1", Print), KeyValuePair.Create("fd00::1", Print)],
            PoolHosts.CertificatesOf(_builder.Database));
    }
}
