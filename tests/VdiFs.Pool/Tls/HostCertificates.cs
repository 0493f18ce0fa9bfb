using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Tls;

/// <summary>Certificates as hosts make them for themselves: RSA-2048, SHA-256, names and addresses in the
/// SAN.</summary>
public static class HostCertificates
{
    // xapi: ocaml/gencert, valid for ten years.
    private const int ValidDays = 3650;
    private const int KeyBits = 2048;

    // Slow to make, and the same for all hosts: clients pin certificates, which differ, and not keys.
    private static readonly Lazy<RSA> Key = new(() => RSA.Create(KeyBits));

    /// <summary>Gives a host its first certificate, for XAPI and xapi-nbd.</summary>
    public static void Issue(PoolState state, HostObject host)
    {
        Replace(state, host);
        host.NbdCertificate = host.ServerCertificate;
    }

    /// <summary>Gives a host a new certificate, for XAPI alone.</summary>
    public static void Replace(PoolState state, HostObject host)
    {
        X509Certificate2 made = Make(host.Hostname, host.Address, state.Time.GetUtcNow());
        state.Mutate(() =>
        {
            foreach (CertificateObject old in state.All<CertificateObject>().Where(one => one.Host == host))
            {
                state.Remove(old);
            }

            host.ServerCertificate = made;
            state.Add(new CertificateObject(state)
            {
                Host = host,
                NotBefore = made.NotBefore,
                NotAfter = made.NotAfter,
                FingerprintSha256 = Fingerprint(made, HashAlgorithmName.SHA256),
                FingerprintSha1 = Fingerprint(made, HashAlgorithmName.SHA1),
            });
        });
    }

    /// <summary>The hash of a certificate's DER form: hexadecimal pairs with colons.</summary>
    public static string Fingerprint(X509Certificate2 certificate, HashAlgorithmName algorithm) =>
        string.Join(':', certificate.GetCertHash(algorithm).Select(one => one.ToString("X2", null)));

    private static X509Certificate2 Make(string hostname, string address, DateTimeOffset now)
    {
        var request = new CertificateRequest(
            $"CN={hostname}", Key.Value, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(hostname);
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(ValidDays));
    }
}
