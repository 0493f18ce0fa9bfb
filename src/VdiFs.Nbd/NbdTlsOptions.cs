using System.Diagnostics.CodeAnalysis;

namespace VdiFs.Nbd;

/// <summary>
/// Whom a TLS connection (nbds) trusts, and how this client proves who it is. Immutable. Files are named, not read:
/// that happens when a client opens its first connection. What is set here goes before the same thing in a URI.
/// </summary>
public sealed record NbdTlsOptions
{
    private const int FingerprintDigits = 64;

    /// <summary>
    /// PEM files of trusted certificates: authorities, or servers' own. Empty: those of the URI's
    /// <c>tls-certificates</c> directory, else the system's.
    /// </summary>
    public IReadOnlyList<string> CaFiles { get; init; } = [];

    /// <summary>
    /// Further trusted certificates as PEM text, such as the <c>cert</c> of XAPI's <c>vdi_nbd_server_info</c>; null for
    /// none. The system's are not trusted beside it.
    /// </summary>
    public string? CaPem { get; init; }

    /// <summary>
    /// SHA-256 of the server's certificate (of its DER), in hexadecimal with or without colons. Such a pin replaces
    /// every other check of the certificate: its issuer, its names and its dates. Null for no pin.
    /// </summary>
    /// <exception cref="ArgumentException">It is not 32 bytes in hexadecimal.</exception>
    public string? Fingerprint
    {
        get;
        init => field = value is null || TryReadFingerprint(value, out value)
            ? value
            : throw new ArgumentException("a fingerprint has 64 hexadecimal digits", nameof(Fingerprint));
    }

    /// <summary>
    /// Takes whatever certificate the server shows: nobody can listen, but the server may be anybody. Goes before every
    /// other check.
    /// </summary>
    public bool AnyCertificate { get; init; }

    /// <summary>
    /// The host name or IP address that the certificate must bear. Null: the URI's <c>tls-hostname</c>, else its host;
    /// "localhost" for a unix socket.
    /// </summary>
    public string? HostName { get; init; }

    /// <summary>
    /// The name that XAPI says the certificate has (<c>subject</c> of <c>vdi_nbd_server_info</c>): one of its DNS
    /// names, a wildcard as it stands there, or its common name. Checked in place of the host name; null for none.
    /// </summary>
    public string? Subject { get; init; }

    /// <summary>
    /// PEM file of this client's certificate, followed by its intermediates. Null: the <c>client-cert.pem</c> of the
    /// URI's directory if there is one, else no certificate.
    /// </summary>
    public string? CertificateFile { get; init; }

    /// <summary>
    /// PEM file of the certificate's private key, not encrypted; null when it is in <see cref="CertificateFile"/>.
    /// </summary>
    public string? KeyFile { get; init; }

    /// <summary>Reads a fingerprint as people write it; the result has 64 digits in lower case and no colons.</summary>
    public static bool TryReadFingerprint(string text, [NotNullWhen(true)] out string? fingerprint)
    {
        ArgumentNullException.ThrowIfNull(text);
        string digits = text.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant();
        fingerprint = digits.Length == FingerprintDigits && digits.All(char.IsAsciiHexDigit) ? digits : null;
        return fingerprint is not null;
    }
}
