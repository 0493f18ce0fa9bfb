using VdiFs.Nbd.Tls;

namespace VdiFs.Nbd;

/// <summary>
/// The one exception of the NBD client. Its message is one line: what failed, why, and what to do where that is known.
/// </summary>
public sealed class NbdException : Exception
{
    /// <summary>Makes an exception of any kind.</summary>
    /// <param name="kind">Why.</param>
    /// <param name="message">One line for people.</param>
    /// <param name="innerException">The cause below, if there is one.</param>
    public NbdException(NbdErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Kind = kind;
    }

    /// <summary>Why it was thrown; callers decide by this, never by the message.</summary>
    public NbdErrorKind Kind { get; }

    /// <summary>
    /// The server's error value; <see cref="NbdErrno.None"/> unless <see cref="Kind"/> is ServerError.
    /// </summary>
    public NbdErrno Errno { get; init; }

    /// <summary>
    /// The disk offset in bytes that the server's error names, or the start of the failed request;
    /// null when it has none.
    /// </summary>
    public long? Offset { get; init; }

    /// <summary>
    /// Whether the server itself ended the connection, in order or by a reset, while it owed the reply to this very
    /// request. Some servers do so in the place of an error.
    /// </summary>
    public bool IsHangUp { get; init; }

    /// <summary>Whether the same question may succeed later or on another connection.</summary>
    public bool IsTransient => Kind switch
    {
        NbdErrorKind.ConnectFailed or NbdErrorKind.ConnectionLost or NbdErrorKind.Timeout
            or NbdErrorKind.NoConnectionToSpare => true,
        NbdErrorKind.HandshakeFailed =>
            Errno == NbdErrno.Shutdown
                || InnerException is (IOException and not TlsFailureException { IsRefusal: true })
                    or ObjectDisposedException,
        NbdErrorKind.ServerError => Errno is NbdErrno.InputOutput or NbdErrno.NoMemory or NbdErrno.Shutdown,
        _ => false,
    };

    /// <summary>A rule of the protocol was broken.</summary>
    internal static NbdException Protocol(string message) =>
        new(NbdErrorKind.Protocol, "the server broke the NBD protocol: " + message);
}
