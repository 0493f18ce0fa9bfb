using VdiFs.Nbd;

namespace VdiFs.Disks.Catalogs;

/// <summary>
/// What a user says about TLS beside the source; each part that is null is the source's own business.
/// </summary>
public sealed record TlsOptions
{
    /// <summary>PEM file of the authorities, or servers' own certificates, to trust in place of the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>SHA-256 of the server's certificate, the one thing that is checked when it is given.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>The name that the server's certificate must bear, when it is not the host's.</summary>
    public string? HostName { get; init; }

    /// <summary>PEM file of the certificate to show to the server.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file of that certificate's key; null when both are in one file.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Whether a fingerprint is written as one: 64 hexadecimal digits, with or without colons.</summary>
    public static bool IsFingerprint(string text) => NbdTlsOptions.TryReadFingerprint(text, out _);

    /// <summary>The same for an NBD client.</summary>
    internal NbdTlsOptions ToNbd() => new()
    {
        CaFiles = CaFile is null ? [] : [CaFile],
        Fingerprint = Fingerprint,
        HostName = HostName,
        CertificateFile = CertificateFile,
        KeyFile = KeyFile,
    };
}
