namespace VdiFs.Pool.Nbd;

/// <summary>The steps of a connection, each a place where it can be cut.</summary>
public enum NbdStage
{
    /// <summary>The socket is open, and nothing was sent.</summary>
    Accepted,

    /// <summary>The greeting was sent.</summary>
    Greeted,

    /// <summary>The client's flags were read.</summary>
    FlagsRead,

    /// <summary>An option was read and not answered.</summary>
    OptionRead,

    /// <summary>STARTTLS was acknowledged, and its handshake not begun.</summary>
    TlsPromised,

    /// <summary>The TLS handshake is over.</summary>
    TlsBegun,

    /// <summary>EXPORT_NAME was read, and the VDI not attached.</summary>
    ExportNameRead,

    /// <summary>The VDI was attached, and nothing was said.</summary>
    Attached,

    /// <summary>Half of EXPORT_NAME's reply was sent.</summary>
    HalfReplied,

    /// <summary>The whole reply was sent.</summary>
    Replied,
}
