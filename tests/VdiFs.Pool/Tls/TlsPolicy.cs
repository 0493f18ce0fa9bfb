using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace VdiFs.Pool.Tls;

/// <summary>What stunnel on a host allows: TLS 1.2, ECDHE with RSA, AES-GCM (xapi:
/// ocaml/xapi-consts/tls_policy.ml).</summary>
public static class TlsPolicy
{
    // .NET offers no choice of the curve: clients that can only do secp384r1 work, and so do others here.
    private static readonly CipherSuitesPolicy Suites = new(
    [
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
        TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ]);

    /// <summary>The server's side of a handshake.</summary>
    public static SslServerAuthenticationOptions ServerOptions(X509Certificate2 certificate) => new()
    {
        ServerCertificate = certificate,
        EnabledSslProtocols = SslProtocols.Tls12,
        CipherSuitesPolicy = Suites,
    };
}
