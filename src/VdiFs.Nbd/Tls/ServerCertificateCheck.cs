using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Tls;

/// <summary>
/// Decides over the certificate of one server, in one handshake: by its pin alone, or by chain, dates and name. Made
/// anew for each connection.
/// </summary>
/// <param name="options">What is expected.</param>
/// <param name="trusted">Certificates to trust in place of the system's; null for the system's.</param>
/// <param name="hostName">The name to expect when the options name no subject.</param>
/// <param name="time">The clock for the certificate's dates.</param>
internal sealed class ServerCertificateCheck(
    NbdTlsOptions options, X509Certificate2Collection? trusted, string hostName, TimeProvider time)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Why the certificate was not accepted; null while it was not seen, or is fine.</summary>
    public NbdException? Rejection { get; private set; }

    /// <summary>How a chain is built and judged.</summary>
    public X509ChainPolicy ChainPolicy()
    {
        X509ChainPolicy policy = new()
        {
            // Revocation lists and missing intermediates are fetched from addresses that the certificate names: a
            // handshake must not wait for third parties, nor let a server choose whom this host talks to. Private
            // authorities, which is what NBD servers have, publish neither.
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = time.GetLocalNow().DateTime,
            VerificationTimeIgnored = false,
        };
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (trusted is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(trusted);
        }

        return policy;
    }

    /// <summary>The callback of <see cref="SslStream"/>: the chain was built with <see cref="ChainPolicy"/>.</summary>
    public bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        string? fault = certificate is X509Certificate2 leaf && chain is not null
            ? Fault(leaf, chain)
            : "the server has no certificate; give it one";
        Rejection = fault is null ? null : new NbdException(NbdErrorKind.CertificateRejected, fault);
        return fault is null;
    }

    private string? Fault(X509Certificate2 leaf, X509Chain chain)
    {
        if (options.AnyCertificate)
        {
            return null;
        }

        string found = leaf.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();
        if (options.Fingerprint is { } pinned)
        {
            return found == pinned
                ? null
                : $"the server's certificate has the fingerprint {found}, expected {pinned}: this is another server, "
                    + "or it has a new certificate";
        }

        return DateFault(leaf) ?? ChainFault(leaf, chain, found) ?? NameFault(leaf);
    }

    private string? DateFault(X509Certificate2 leaf)
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        if (now > leaf.NotAfter.ToUniversalTime())
        {
            return $"the server's certificate expired on {Day(leaf.NotAfter)}; give the server a new one";
        }

        return now < leaf.NotBefore.ToUniversalTime()
            ? $"the server's certificate is not valid before {Day(leaf.NotBefore)}; check the clocks of both hosts"
            : null;
    }

    private string? ChainFault(X509Certificate2 leaf, X509Chain chain, string fingerprint)
    {
        // Who lists a server's own certificate has decided; XAPI gives just that, and it may be issued by anybody.
        bool isListed =
            trusted?.Any(listed => listed.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span)) == true;
        X509ChainStatus[] faults = isListed ? [] : chain.ChainStatus;
        if (faults.Length == 0)
        {
            return null;
        }

        X509ChainStatusFlags flags = faults.Aggregate(
            X509ChainStatusFlags.NoError, (all, status) => all | status.Status);
        string cure = $"trust it (--ca FILE), or this one certificate (--fingerprint {fingerprint})";
        return flags switch
        {
            _ when flags.HasFlag(X509ChainStatusFlags.UntrustedRoot) && chain.ChainElements.Count == 1 =>
                $"the server's certificate {Shown(leaf.Subject)} is signed by itself and not trusted; {cure}",
            _ when flags.HasFlag(X509ChainStatusFlags.UntrustedRoot) =>
                $"the server's certificate comes from {Shown(chain.ChainElements[^1].Certificate.Subject)}, "
                + $"which is not trusted; {cure}",
            _ when flags.HasFlag(X509ChainStatusFlags.PartialChain) =>
                $"the issuer of the server's certificate, {Shown(chain.ChainElements[^1].Certificate.Issuer)}, "
                + $"is unknown; {cure}",
            _ when flags.HasFlag(X509ChainStatusFlags.NotTimeValid) =>
                "an authority above the server's certificate has expired or is not valid yet; renew it",
            _ when flags.HasFlag(X509ChainStatusFlags.NotValidForUsage) =>
                "the server's certificate is not made for servers; its extended key usage must have serverAuth",
            _ => $"the server's certificate is not valid: {Shown(faults[0].StatusInformation)}",
        };
    }

    private string? NameFault(X509Certificate2 leaf)
    {
        string[] names = NamesOf(leaf);
        string expected = options.Subject ?? hostName;
        bool isRight = options.Subject is null
            ? leaf.MatchesHostname(hostName)
            : names.Contains(expected, StringComparer.OrdinalIgnoreCase);
        return isRight
            ? null
            : $"the server's certificate is made out to {Shown(string.Join(", ", names))}, not to {expected}; "
                + "name the right one (--tls-hostname NAME)";
    }

    /// <summary>All names a certificate bears: its alternative names and its common name.</summary>
    private static string[] NamesOf(X509Certificate2 leaf)
    {
        X509SubjectAlternativeNameExtension[] extensions =
            [.. leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>()];
        string common = leaf.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        string[] names =
        [
            .. extensions.SelectMany(extension => extension.EnumerateDnsNames()),
            .. extensions.SelectMany(extension => extension.EnumerateIPAddresses()).Select(ip => ip.ToString()),
            .. common.Length == 0 ? [] : new[] { common },
        ];
        return [.. names.Distinct(StringComparer.OrdinalIgnoreCase)];
    }

    private static string Day(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", null);

    private static string Shown(string text) => ServerText.Shown(text);
}
