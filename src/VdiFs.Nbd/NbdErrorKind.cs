namespace VdiFs.Nbd;

/// <summary>Why an <see cref="NbdException"/> was thrown.</summary>
public enum NbdErrorKind
{
    /// <summary>No connection: nobody listens, no route, no such socket, no such host.</summary>
    ConnectFailed,

    /// <summary>The server ended or refused the handshake.</summary>
    HandshakeFailed,

    /// <summary>The server has no export of that name, or does not give it to this client.</summary>
    UnknownExport,

    /// <summary>
    /// The server closed the connection in the place of its answer to NBD_OPT_EXPORT_NAME: it has no words for a
    /// refusal there. XenServer's does so whatever it is that fails: the session, the disk, its storage.
    /// </summary>
    ClosedAtOpening,

    /// <summary>The server does not tell which exports it has.</summary>
    ListUnsupported,

    /// <summary>The server talks only over TLS.</summary>
    TlsRequired,

    /// <summary>The URI asks for TLS, and the server does not have it.</summary>
    TlsUnavailable,

    /// <summary>This side's own part of TLS cannot be used: a file, a key or an option.</summary>
    TlsSetup,

    /// <summary>The server's TLS certificate is not trusted, or not the expected one.</summary>
    CertificateRejected,

    /// <summary>The server broke a rule of the protocol; nothing it sent is used.</summary>
    Protocol,

    /// <summary>The connection ended while it was needed.</summary>
    ConnectionLost,

    /// <summary>The server answered a request with an error; <see cref="NbdException.Errno"/> has it.</summary>
    ServerError,

    /// <summary>Another connection found an export of another size or with other flags under the same name.</summary>
    ExportChanged,

    /// <summary>A time limit passed.</summary>
    Timeout,

    /// <summary>This side spares no connection just now; the transport says so, not the server.</summary>
    NoConnectionToSpare,
}
