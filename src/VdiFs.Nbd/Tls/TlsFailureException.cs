namespace VdiFs.Nbd.Tls;

/// <summary>TLS ended a connection; the message is a line for the user.</summary>
internal sealed class TlsFailureException(Exception cause) : IOException(Describe(cause), cause)
{
    /// <summary>
    /// Alerts in the words of OpenSSL (RFC 8446, section 6.2), and what they mean to a user of this client.
    /// </summary>
    private static readonly (string Alert, string Meaning)[] Alerts =
    [
        ("certificate required", "the server asks for this client's certificate; give a certificate and its key"),
        ("unknown ca", "the server does not know the issuer of this client's certificate"),
        ("bad certificate", "the server does not accept this client's certificate, or wants one and was given none"),
        ("certificate expired", "the server finds that this client's certificate has expired"),
        ("alert handshake failure", "the server finds no common ground, or asks for this client's certificate"),
        ("protocol version", "the two have no version of TLS in common; this client speaks 1.2 and 1.3"),
        ("wrong version number", "the server answered with something that is not TLS"),
        ("packet length too long", "the server answered with something that is not TLS"),
    ];

    /// <summary>
    /// Whether the two ends cannot agree, as one of the alerts says: trying again does not mend that.
    /// </summary>
    public bool IsRefusal { get; } = MeaningOf(cause) is not null;

    private static string? MeaningOf(Exception cause) => Array.Find(
        Alerts, known => cause.GetBaseException().Message.Contains(known.Alert, StringComparison.Ordinal)).Meaning;

    private static string Describe(Exception cause)
    {
        string said = cause.GetBaseException().Message;
        return MeaningOf(cause) is { } meaning ? $"{meaning} ({said})" : said;
    }
}
