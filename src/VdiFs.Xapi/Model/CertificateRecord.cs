namespace VdiFs.Xapi.Model;

/// <summary>Of class "Certificate".</summary>
public sealed record CertificateRecord
{
    /// <summary>Its reference.</summary>
    public required OpaqueRef Ref { get; init; }

    /// <summary>Its uuid, as XAPI wrote it.</summary>
    public required string Uuid { get; init; }

    /// <summary>"host" for what hosts present to clients, "host_internal", "ca".</summary>
    public string Type { get; init; } = "";

    /// <summary>The host that presents it.</summary>
    public OpaqueRef Host { get; init; }

    /// <summary>SHA-256 in hexadecimal with colons (fingerprint_sha256; fingerprint before 24.19).</summary>
    public string FingerprintSha256 { get; init; } = "";

    /// <summary>Start of validity.</summary>
    public DateTimeOffset NotBefore { get; init; }

    /// <summary>End of validity.</summary>
    public DateTimeOffset NotAfter { get; init; }
}
