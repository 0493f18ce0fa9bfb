using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace VdiFs.Xapi.Http;

/// <summary>
/// Decides over the certificates of one host. Any one of these is enough: the pool's own word, the user's fingerprint,
/// and then the first that applies of the user's authorities, the first sight, the system's authorities.
/// </summary>
/// <param name="place">The host.</param>
/// <param name="trust">What is believed.</param>
internal sealed class HostCertificateCheck(HostPort place, PoolTrust trust)
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    private volatile XapiException? _rejection;

    /// <summary>Why the last certificate was not accepted; null when it was.</summary>
    public XapiException? Rejection => _rejection;

    /// <summary>How a chain is built and judged now.</summary>
    public X509ChainPolicy ChainPolicy()
    {
        X509ChainPolicy policy = new()
        {
            // A handshake must not wait for third parties, nor let a server choose whom this host talks to.
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = trust.Time.GetLocalNow().DateTime,
            VerificationTimeIgnored = false,
        };
        policy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (trust.Authorities is not null)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(trust.Authorities);
        }

        return policy;
    }

    /// <summary>The callback of <see cref="SslStream"/>.</summary>
    public bool Accepts(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        try
        {
            string? fault = certificate is X509Certificate2 leaf && chain is not null
                ? Fault(leaf, chain)
                : "it shows no certificate";
            _rejection = fault is null
                ? null
                : new XapiException(XapiErrorKind.CertificateRejected, $"{place} is not trusted: {fault}");
        }
        catch (XapiException setup)
        {
            // The file of pins is not usable; what a callback throws would reach the caller without its meaning.
            _rejection = setup;
        }

        return _rejection is null;
    }

    private string? Fault(X509Certificate2 leaf, X509Chain chain)
    {
        string found = Fingerprints.Of(leaf);
        string? known = trust.KnownOf(place.Host);
        if (found == known || found == trust.Fingerprint)
        {
            return null;
        }

        if (trust.Fingerprint is { } named && trust.Authorities is null)
        {
            return $"its certificate has the fingerprint {found}, expected {known ?? named}: this is another server, "
                + "or it has a new certificate";
        }

        return trust.Pins is null ? ChainFault(leaf, chain, found) : PinFault(trust.Pins, found, known);
    }

    private string? PinFault(PinFile pins, string found, string? known)
    {
        string? pinned = pins.Find(place);
        if (pinned is null && known is not null)
        {
            return $"its certificate has the fingerprint {found}, but the pool says {known}";
        }

        if (pinned is null)
        {
            pinned = pins.Add(place, found);
            XapiLog.PinnedOnFirstUse(trust.Logger, place.ToString(), found, pins.Path);
        }

        return pinned == found
            ? null
            : $"its certificate has changed: the fingerprint is {found}, and was {pinned} at first. Somebody may be "
                + "listening. If the host was given a new certificate, delete its line in " + pins.Path;
    }

    private string? ChainFault(X509Certificate2 leaf, X509Chain chain, string found)
    {
        // The policy that SslStream was given has the date of the first connection; certificates end and begin since.
        using X509Chain today = new();
        today.ChainPolicy = ChainPolicy();
        today.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
        today.Build(leaf);

        // Who lists a host's own certificate has decided, whoever issued it.
        bool isListed = trust.Authorities?.Any(
            listed => listed.RawDataMemory.Span.SequenceEqual(leaf.RawDataMemory.Span)) == true;
        if (!isListed && today.ChainStatus.Length > 0)
        {
            return $"its certificate cannot be verified ({today.ChainStatus[0].StatusInformation.Trim()}); trust its "
                + $"issuer (--ca FILE), or this one certificate (--fingerprint {found})";
        }

        return isListed || leaf.MatchesHostname(place.Host)
            ? null
            : $"its certificate is made out to {ServerText.Shown(leaf.Subject)}; use the name that it bears, or trust "
                + $"this one certificate (--fingerprint {found})";
    }
}
