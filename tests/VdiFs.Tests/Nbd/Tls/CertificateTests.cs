using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Tls;

public sealed class CertificateTests
{
    private static readonly string[] AllNames = ["localhost", "127.0.0.1", "::1"];

    private static readonly string[] Forms = ["name", "ipv4", "ipv6", "unix"];

    /// <summary>Certificates that must not pass, and what their error says.</summary>
    private static readonly Dictionary<string, (Func<X509Certificate2> Make, string Said)> Faults = new()
    {
        ["expired"] = (() => TlsBench.Authority.Issue("x", AllNames, -9, -2), "expired on"),
        ["not yet valid"] = (() => TlsBench.Authority.Issue("x", AllNames, 2, 9), "is not valid before"),
        ["another name"] = (() => TlsBench.Authority.Issue("x", ["other.example", "10.9.8.7", "fd00::9"]),
            "is made out to other.example, 10.9.8.7, fd00::9, x, not to"),
        ["another name, no alternatives"] = (() => TlsBench.Authority.Issue("other.example"), "is made out to other.example"),
        ["signed by itself"] = (() => TestAuthority.SelfSigned("x", AllNames), "CN=x is signed by itself"),
        ["unknown issuer"] = (() => new TestAuthority("Nobody").Issue("x", AllNames),
            "the issuer of the server's certificate, CN=Nobody, is unknown"),
        ["forged issuer"] = (() => new TestAuthority("The Right Authority").Issue("x", AllNames), "certificate"),
        ["not for servers"] = (() => TlsBench.Authority.Issue("x", AllNames, usage: TestAuthority.ForClients),
            "not made for servers"),
    };

    public static TheoryData<string, string> FaultsAndForms =>
        [.. Faults.Keys.SelectMany(fault => Forms.Select(form => (fault, form)))];

    [Theory]
    [MemberData(nameof(FaultsAndForms))]
    public async Task A_certificate_with_a_fault_is_refused(string fault, string form)
    {
        X509Certificate2 certificate = Faults[fault].Make();
        await using ScriptedNbdServer server =
            TlsBench.StartAs(form, peer => TlsBench.ServeAsync(peer, TlsBench.Server(certificate)));
        NbdException refusal =
            await TlsBench.ConnectAsync(server, form: form).FailsAsync(NbdErrorKind.CertificateRejected);
        Assert.Contains(Faults[fault].Said, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Theory]
    [InlineData("name", "localhost")]
    [InlineData("ipv4", "127.0.0.1")]
    [InlineData("ipv6", "::1")]
    [InlineData("unix", "localhost")]
    public async Task A_certificate_that_bears_the_name_alone_is_accepted(string form, string name)
    {
        X509Certificate2 certificate = TlsBench.Authority.Issue("x", [name]);
        await using ScriptedNbdServer server =
            TlsBench.StartAs(form, peer => TlsBench.ServeAsync(peer, TlsBench.Server(certificate)));
        await using NbdClient client = await TlsBench.ConnectAsync(server, form: form);
        Assert.True(await TlsBench.ReadsRightlyAsync(client));
    }

    [Theory]
    [InlineData("ipv4", "localhost")]
    [InlineData("ipv4", "::1")]
    [InlineData("ipv6", "127.0.0.1")]
    [InlineData("name", "127.0.0.1")]
    [InlineData("unix", "127.0.0.1")]
    public async Task Another_name_of_the_same_host_is_not_the_name(string form, string name)
    {
        X509Certificate2 certificate = TlsBench.Authority.Issue("x", [name]);
        await using ScriptedNbdServer server =
            TlsBench.StartAs(form, peer => TlsBench.ServeAsync(peer, TlsBench.Server(certificate)));
        await TlsBench.ConnectAsync(server, form: form).FailsAsync(NbdErrorKind.CertificateRejected);
    }

    [Theory]
    [InlineData("disks.example", true)]
    [InlineData("DISKS.example", true)]
    [InlineData("a.wild.example", true)]
    [InlineData("a.b.wild.example", false)]
    [InlineData("wild.example", false)]
    [InlineData("my_disks.example", true)]
    [InlineData("10.1.2.3", true)]
    [InlineData("10.1.2.4", false)]
    public async Task The_name_can_be_given(string name, bool isRight)
    {
        X509Certificate2 certificate =
            TlsBench.Authority.Issue("x", ["disks.example", "*.wild.example", "my_disks.example", "10.1.2.3"]);
        foreach (string form in Forms)
        {
            await using ScriptedNbdServer server =
                TlsBench.StartAs(form, peer => TlsBench.ServeAsync(peer, TlsBench.Server(certificate)));
            await AssertOutcomeAsync(server, form, TlsBench.Trusting with { HostName = name }, isRight);
        }
    }

    [Theory]
    [InlineData("host.pool", true)]
    [InlineData("*.wild.example", true)]
    [InlineData("xen-1", true)]
    [InlineData("a.wild.example", false)]
    [InlineData("localhost", false)]
    public async Task A_subject_as_xapi_tells_it_replaces_the_name(string subject, bool isRight)
    {
        X509Certificate2 certificate = TlsBench.Authority.Issue("xen-1", ["host.pool", "*.wild.example"]);
        await using ScriptedNbdServer server =
            TlsBench.StartAs("ipv4", peer => TlsBench.ServeAsync(peer, TlsBench.Server(certificate)));
        await AssertOutcomeAsync(server, "ipv4", TlsBench.Trusting with { Subject = subject }, isRight);
    }

    [Fact]
    public async Task A_pin_alone_decides()
    {
        X509Certificate2 certificate = TestAuthority.SelfSigned("nobody.example", lastDay: 0, firstDay: -5);
        string pin = certificate.GetCertHashString(HashAlgorithmName.SHA256);
        string withColons = string.Join(':', pin.Chunk(2).Select(pair => new string(pair)));
        foreach (string form in Forms)
        {
            await using ScriptedNbdServer server =
                TlsBench.StartAs(form, peer => TlsBench.ServeAsync(peer, TlsBench.Server(certificate)));
            await AssertOutcomeAsync(server, form, new() { Fingerprint = pin }, isRight: true);
            await AssertOutcomeAsync(server, form, new() { Fingerprint = withColons }, isRight: true);
        }
    }

    [Fact]
    public async Task A_good_certificate_that_is_not_the_pinned_one_is_refused()
    {
        await using ScriptedNbdServer server =
            TlsBench.StartAs("ipv4", peer => TlsBench.ServeAsync(peer, TlsBench.Server()));
        string other = new('a', 64);
        NbdException refusal = await TlsBench.ConnectAsync(server, TlsBench.Trusting with { Fingerprint = other })
            .FailsAsync(NbdErrorKind.CertificateRejected);
        Assert.Contains($"expected {other}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_certificates_fingerprint_is_told_and_can_be_pinned()
    {
        X509Certificate2 certificate = TestAuthority.SelfSigned("x");
        await using ScriptedNbdServer server =
            TlsBench.StartAs("ipv4", peer => TlsBench.ServeAsync(peer, TlsBench.Server(certificate)));
        NbdException refusal = await TlsBench.ConnectAsync(server).FailsAsync(NbdErrorKind.CertificateRejected);
        string told = refusal.Message.Split("--fingerprint ")[1].TrimEnd(')');
        await AssertOutcomeAsync(server, "ipv4", new() { Fingerprint = told }, isRight: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_servers_own_certificate_can_be_trusted(bool isSelfSigned)
    {
        X509Certificate2 certificate = isSelfSigned
            ? TestAuthority.SelfSigned("x", ["localhost"])
            : new TestAuthority("Nobody").Issue("x", ["localhost"]);
        await using ScriptedNbdServer server =
            TlsBench.StartAs("unix", peer => TlsBench.ServeAsync(peer, TlsBench.Server(certificate)));
        NbdTlsOptions trusting = new() { CaPem = certificate.ExportCertificatePem() };
        await AssertOutcomeAsync(server, "unix", trusting, isRight: true);
        await AssertOutcomeAsync(server, "unix", trusting with { HostName = "other" }, isRight: false);
    }

    [Fact]
    public async Task A_trusted_certificate_that_has_expired_is_refused()
    {
        X509Certificate2 certificate = TestAuthority.SelfSigned("x", ["localhost"], -9, -2);
        await using ScriptedNbdServer server =
            TlsBench.StartAs("unix", peer => TlsBench.ServeAsync(peer, TlsBench.Server(certificate)));
        await AssertOutcomeAsync(
            server, "unix", new() { CaPem = certificate.ExportCertificatePem() }, isRight: false);
    }

    [Fact]
    public async Task A_trusted_server_certificate_vouches_for_itself_alone()
    {
        X509Certificate2 trusted = TestAuthority.SelfSigned("x", ["localhost"]);
        X509Certificate2 presented = TestAuthority.SelfSigned("x", ["localhost"]);
        await using ScriptedNbdServer server =
            TlsBench.StartAs("unix", peer => TlsBench.ServeAsync(peer, TlsBench.Server(presented)));
        await AssertOutcomeAsync(server, "unix", new() { CaPem = trusted.ExportCertificatePem() }, isRight: false);
    }

    [Fact]
    public async Task The_systems_authorities_do_not_vouch_for_a_private_one()
    {
        await using ScriptedNbdServer server =
            TlsBench.StartAs("unix", peer => TlsBench.ServeAsync(peer, TlsBench.Server()));
        await TlsBench.ConnectAsync(TlsBench.Uri(server), new NbdClientOptions())
            .FailsAsync(NbdErrorKind.CertificateRejected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("zz")]
    public void A_fingerprint_that_is_none_is_an_argument_error(string text) =>
        Assert.Throws<ArgumentException>(() => new NbdTlsOptions { Fingerprint = text });

    private static async Task AssertOutcomeAsync(
        ScriptedNbdServer server, string form, NbdTlsOptions tls, bool isRight)
    {
        Task<NbdClient> connecting = TlsBench.ConnectAsync(server, tls, form);
        if (!isRight)
        {
            await connecting.FailsAsync(NbdErrorKind.CertificateRejected);
            return;
        }

        await using NbdClient client = await connecting;
        Assert.True(await TlsBench.ReadsRightlyAsync(client));
    }
}
