using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace VdiFs.Tests.Nbd.Tls;

/// <summary>A certificate authority of the tests. It and what it issues live in memory until somebody writes it
/// down.</summary>
internal sealed class TestAuthority
{
    public const string ForServers = "1.3.6.1.5.5.7.3.1";
    public const string ForClients = "1.3.6.1.5.5.7.3.2";

    // RSA, because xapi-nbd's cipher suites want it; one key for all, because making one takes long.
    private static readonly Lazy<RSA> SharedKey = new(() => RSA.Create(2048));

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TestAuthority(string name)
    {
        CertificateRequest request = new($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        Certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddYears(-5), DateTimeOffset.UtcNow.AddYears(5));
    }

    public X509Certificate2 Certificate { get; }

    public string Pem => Certificate.ExportCertificatePem();

    /// <summary>A certificate of this authority; names that are IP addresses become such.</summary>
    public X509Certificate2 Issue(
        string commonName, string[]? names = null, int firstDay = -1, int lastDay = 30, string usage = ForServers)
    {
        X509SignatureGenerator generator = X509SignatureGenerator.CreateForECDsa(_key);
        using X509Certificate2 issued = Request(commonName, names ?? [], usage).Create(
            Certificate.SubjectName,
            generator,
            DateTimeOffset.UtcNow.AddDays(firstDay),
            DateTimeOffset.UtcNow.AddDays(lastDay),
            RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(SharedKey.Value);
    }

    /// <summary>A certificate that nobody but itself has signed.</summary>
    public static X509Certificate2 SelfSigned(
        string commonName, string[]? names = null, int firstDay = -1, int lastDay = 30) =>
        Request(commonName, names ?? [], ForServers)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(firstDay), DateTimeOffset.UtcNow.AddDays(lastDay));

    /// <summary>The private key of everything that was issued, as PEM.</summary>
    public static string KeyPem => SharedKey.Value.ExportPkcs8PrivateKeyPem();

    /// <summary>The same under a password.</summary>
    public static string EncryptedKeyPem => SharedKey.Value.ExportEncryptedPkcs8PrivateKeyPem(
        "secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));

    private static CertificateRequest Request(string commonName, string[] names, string usage)
    {
        CertificateRequest request = new(
            $"CN={commonName}", SharedKey.Value, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        if (names.Length > 0)
        {
            SubjectAlternativeNameBuilder builder = new();
            foreach (string name in names)
            {
                if (IPAddress.TryParse(name, out IPAddress? address))
                {
                    builder.AddIpAddress(address);
                }
                else
                {
                    builder.AddDnsName(name);
                }
            }

            request.CertificateExtensions.Add(builder.Build());
        }

        return request;
    }
}
