namespace VdiFs.Xapi;

/// <summary>
/// The one exception of the XenAPI client. Its message is one line: what failed, why, and what to do where that is
/// known. Neither it nor its parameters hold a password or a session reference.
/// </summary>
public sealed class XapiException : Exception
{
    /// <summary>Makes an exception of any kind.</summary>
    /// <param name="kind">Why.</param>
    /// <param name="message">One line for people.</param>
    /// <param name="innerException">The cause below, if there is one.</param>
    public XapiException(XapiErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
    }

    /// <summary>Why it was thrown; callers decide by this and by <see cref="Code"/>, never by the message.</summary>
    public XapiErrorKind Kind { get; }

    /// <summary>XAPI's error code, as in <see cref="XapiCodes"/>; empty unless XAPI gave one.</summary>
    public string Code { get; init; } = "";

    /// <summary>What XAPI said beside the code.</summary>
    public IReadOnlyList<string> Parameters { get; init; } = [];

    /// <summary>Whether the same question may be answered later.</summary>
    public bool IsTransient => Kind switch
    {
        XapiErrorKind.ConnectFailed or XapiErrorKind.ConnectionLost or XapiErrorKind.Timeout => true,
        XapiErrorKind.Http => Status >= 500,
        XapiErrorKind.Refused or XapiErrorKind.BadExport => XapiCodes.IsTransient(Code),
        _ => false,
    };

    /// <summary>The HTTP status of an answer that is none of XAPI's; 0 otherwise.</summary>
    internal int Status { get; init; }

    /// <summary>
    /// Of HOST_IS_SLAVE: the SHA-256 of the coordinator's certificate, as the member told it; null when it did not.
    /// </summary>
    internal string? CoordinatorThumbprint { get; init; }
}
