using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using VdiFs.Nbd;
using VdiFs.Tests.Nbd.Scripted;
using Xunit;

namespace VdiFs.Tests.Nbd.Tls;

public sealed class ClientCertificateTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("tls-").FullName;

    private readonly X509Certificate2 _certificate =
        TlsBench.Authority.Issue("backup client", usage: TestAuthority.ForClients);

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        _certificate.Dispose();
    }

    [Theory]
    [InlineData("two files")]
    [InlineData("one file")]
    [InlineData("uri")]
    public async Task A_server_that_asks_is_shown_the_certificate_of(string where)
    {
        TaskCompletionSource<string?> seen = new();
        await using ScriptedNbdServer server = ScriptedNbdServer.Start(async peer =>
        {
            SslStream tls = await peer.StartTlsAsync(Demanding());
            seen.SetResult(tls.RemoteCertificate?.Subject);
            await peer.NegotiateStructuredAsync();
            await TlsBench.AnswerReadsAsync(peer);
        });
        string ca = Write("ca-cert.pem", TlsBench.Authority.Pem);
        string certificate = Write("client-cert.pem", _certificate.ExportCertificatePem());
        string key = Write("client-key.pem", TestAuthority.KeyPem);
        string both = Write("both.pem", _certificate.ExportCertificatePem() + "\n" + TestAuthority.KeyPem);
        NbdUri uri = TlsBench.Uri(server);
        NbdTlsOptions? tls = where switch
        {
            "two files" => new() { CaFiles = [ca], CertificateFile = certificate, KeyFile = key },
            "one file" => new() { CaFiles = [ca], CertificateFile = both },
            _ => null,
        };
        uri = tls is null ? uri with { TlsCertificates = _directory } : uri;
        await using NbdClient client =
            await TlsBench.ConnectAsync(uri, new NbdClientOptions { Connections = 1, Tls = tls });
        Assert.True(await TlsBench.ReadsRightlyAsync(client));
        Assert.Equal("CN=backup client", await seen.Task);
    }

    [Fact]
    public async Task A_server_that_gets_none_refuses_and_the_error_does_not_blame_its_certificate()
    {
        await using ScriptedNbdServer server =
            ScriptedNbdServer.Start(peer => TlsBench.ServeAsync(peer, Demanding()));
        await TlsBench.ConnectAsync(server).FailsAsync(NbdErrorKind.HandshakeFailed);
    }

    [Theory]
    [InlineData("no CA file", "there is no CA file")]
    [InlineData("empty CA file", "holds no certificate")]
    [InlineData("broken CA file", "cannot be read")]
    [InlineData("no certificate", "there is no certificate file")]
    [InlineData("no key", "there is no key file")]
    [InlineData("key without certificate", "has no certificate beside it")]
    [InlineData("encrypted key", "openssl pkey")]
    [InlineData("another key", "is not the key of the certificate")]
    [InlineData("no key in the file", "is not the key of the certificate")]
    [InlineData("empty directory", "there is no CA file")]
    [InlineData("directory in place of a file", "cannot be read")]
    public async Task A_file_that_cannot_be_used_is_named(string what, string said)
    {
        await using ScriptedNbdServer server =
            ScriptedNbdServer.Start(peer => TlsBench.ServeAsync(peer, TlsBench.Server()));
        string certificate = Write("c.pem", _certificate.ExportCertificatePem());
        string wrong = Path.Combine(_directory, "wrong.pem");
        NbdTlsOptions good = TlsBench.Trusting;
        NbdTlsOptions? tls = what switch
        {
            "no CA file" or "empty directory" => null,
            "empty CA file" => good with { CaFiles = [Write("wrong.pem", "# nothing")] },
            "broken CA file" => good with { CaFiles = [Write("wrong.pem", TlsBench.Authority.Pem.Replace("MII", "AAA", StringComparison.Ordinal))] },
            "no certificate" => good with { CertificateFile = wrong },
            "no key" => good with { CertificateFile = certificate, KeyFile = wrong },
            "key without certificate" => good with { KeyFile = Write("wrong.pem", TestAuthority.KeyPem) },
            "encrypted key" => good with { CertificateFile = certificate, KeyFile = Write("wrong.pem", TestAuthority.EncryptedKeyPem) },
            "another key" => good with { CertificateFile = certificate, KeyFile = Write("wrong.pem", OtherKeyPem()) },
            "no key in the file" => good with { CertificateFile = Write("wrong.pem", _certificate.ExportCertificatePem()) },
            _ => good with { CaFiles = [_directory] },
        };
        tls = what == "no CA file" ? good with { CaFiles = [wrong] } : tls;
        NbdUri uri = TlsBench.Uri(server) with { TlsCertificates = what == "empty directory" ? _directory : null };
        NbdException refusal = await TlsBench.ConnectAsync(uri, new NbdClientOptions { Tls = tls })
            .FailsAsync(NbdErrorKind.TlsSetup);
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(_directory, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", refusal.Message, StringComparison.Ordinal);
    }

    private static SslServerAuthenticationOptions Demanding()
    {
        SslServerAuthenticationOptions options = TlsBench.Server();
        options.ClientCertificateRequired = true;
        options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        return options;
    }

    private static string OtherKeyPem()
    {
        using System.Security.Cryptography.RSA other = System.Security.Cryptography.RSA.Create(2048);
        return other.ExportPkcs8PrivateKeyPem();
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }
}
