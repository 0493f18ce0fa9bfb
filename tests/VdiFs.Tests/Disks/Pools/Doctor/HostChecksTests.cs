using VdiFs.Disks.Pools.Doctor;
using VdiFs.Xapi.Model;
using Xunit;

namespace VdiFs.Tests.Disks.Pools.Doctor;

public sealed class HostChecksTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly PoolBuilder _builder = new();

    [Fact]
    public void A_host_that_lives_needs_nothing()
    {
        _builder.Host("one", "10.0.0.1");
        Run().AssertIs(FindingLevel.Ok, "one (10.0.0.1) is alive", cure: null);
    }

    [Fact]
    public void A_dead_host_is_to_be_started_or_forgotten()
    {
        HostRecord host = _builder.Host("one", "10.0.0.1", live: false);
        Finding finding = Assert.Single(Run());
        finding.AssertIs(FindingLevel.Problem, "one (10.0.0.1) is dead", $"xe host-declare-dead uuid={host.Uuid}");
        finding.AssertIs(FindingLevel.Problem, "is dead", $"xe host-forget uuid={host.Uuid}");
        Assert.DoesNotContain("get_nbd_info", finding.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dead_host_whose_storage_counts_as_attached_is_said_to_harm_the_others()
    {
        HostRecord host = _builder.Host("one", "10.0.0.1", live: false);
        _builder.Sr("store", hosts: [host]);
        _builder.Sr("other", hosts: [host]);
        Run().AssertIs(FindingLevel.Problem, "and 2 of its storage connections still count as attached", "start it");
    }

    [Theory]
    [InlineData(31, FindingLevel.Ok, "is good until 2026-03-03", null)]
    [InlineData(29, FindingLevel.Warning, "ends on 2026-03-01", "xe host-refresh-server-certificate host=")]
    [InlineData(0, FindingLevel.Problem, "ended on 2026-01-31", "systemctl restart xapi-nbd")]
    [InlineData(-1, FindingLevel.Problem, "ended on 2026-01-30", "systemctl restart xapi-nbd")]
    public void A_certificate_is_renewed_before_it_ends(int days, FindingLevel level, string text, string? cure)
    {
        HostRecord host = _builder.Host("one", "10.0.0.1");
        Certify(host, "host", Now.AddDays(days));
        Finding finding = Assert.Single(Run(), finding => finding.Subject == "certificate");
        finding.AssertIs(level, text, cure);
        Assert.True(cure is null || finding.Cure!.Contains(host.Uuid, StringComparison.Ordinal));
    }

    [Fact]
    public void Only_the_certificates_that_hosts_show_count()
    {
        HostRecord host = _builder.Host("one", "10.0.0.1");
        Certify(host, "ca", Now.AddDays(-1));
        Certify(host, "host_internal", Now.AddDays(-1));
        Run().AssertIs(FindingLevel.Ok, "is alive", cure: null);
    }

    private void Certify(HostRecord host, string type, DateTimeOffset end)
    {
        CertificateRecord certificate = _builder.Certificate(host, "") with { Type = type, NotAfter = end };
        _builder.Database = _builder.Database with
        {
            Certificates = _builder.Database.Certificates.SetItem(certificate.Ref, certificate),
        };
    }

    private IEnumerable<Finding> Run() => HostChecks.Run(_builder.Database, Now);
}
