namespace VdiFs.Nbd.Tls;

/// <summary>
/// The parameters of an nbds URI that libnbd knows beside <c>socket</c>: <c>tls-certificates</c>, <c>tls-hostname</c>,
/// and those that are understood only to be refused with a cure.
/// </summary>
/// <param name="Certificates">Directory of <c>ca-cert.pem</c>, <c>client-cert.pem</c>, <c>client-key.pem</c>.</param>
/// <param name="HostName">The name that the server's certificate must bear.</param>
internal readonly record struct TlsUriParameters(string? Certificates, string? HostName)
{
    /// <summary>What all of them start with.</summary>
    public const string Prefix = "tls-";

    /// <summary>Said wherever a URI asks for pre-shared keys.</summary>
    public const string NoPresharedKeys =
        "TLS with pre-shared keys, which is not supported; use certificates (tls-certificates=DIR)";

    public bool IsEmpty => Certificates is null && HostName is null;

    /// <summary>Takes one more parameter in.</summary>
    /// <exception cref="FormatException">It is unknown, wrong, there twice, or refused.</exception>
    public TlsUriParameters With(string key, string value)
    {
        if (value.Length == 0 || value.Any(char.IsControl))
        {
            throw new FormatException($"the parameter '{key}' has no value, or one with control characters");
        }

        return key switch
        {
            "tls-certificates" when Certificates is null => this with { Certificates = value },
            "tls-hostname" when HostName is null => this with { HostName = value },
            "tls-certificates" or "tls-hostname" => throw new FormatException($"the parameter '{key}' is there twice"),
            "tls-verify-peer" when value is "1" or "true" or "yes" => this,
            "tls-verify-peer" => throw new FormatException(
                "a server whose certificate is not verified may be anybody, so tls-verify-peer cannot be turned off; "
                + "pin its certificate by its fingerprint instead (--fingerprint SHA256)"),
            "tls-psk-file" or "tls-username" => throw new FormatException(
                $"the parameter '{key}' is for {NoPresharedKeys}"),
            _ => throw new FormatException(
                $"the parameter '{key}' is unknown; those for TLS are tls-certificates=DIR and tls-hostname=NAME"),
        };
    }
}
