namespace VdiFs.Xapi;

/// <summary>Why a call, a login or an export failed.</summary>
public enum XapiErrorKind
{
    /// <summary>No connection could be made; nothing was asked.</summary>
    ConnectFailed,

    /// <summary>The connection broke after something was asked: whether it was done is not known.</summary>
    ConnectionLost,

    /// <summary>No answer came in time: whether it was done is not known.</summary>
    Timeout,

    /// <summary>The host showed a certificate that is not the expected one; nothing was asked.</summary>
    CertificateRejected,

    /// <summary>The files or options for certificates are not usable.</summary>
    TlsSetup,

    /// <summary>
    /// XAPI said no: <see cref="XapiException.Code"/> and <see cref="XapiException.Parameters"/> say why.
    /// </summary>
    Refused,

    /// <summary>The host answered with an HTTP status that is no answer of XAPI.</summary>
    Http,

    /// <summary>The answer breaks the rules of JSON-RPC or of XAPI, or a limit of this client.</summary>
    Protocol,

    /// <summary>An export stream ended early, or holds something else than was asked for.</summary>
    BadExport,
}
