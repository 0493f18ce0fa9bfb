namespace VdiFs.Simulation.Scenarios;

/// <summary>What can be wrong with an endpoint.</summary>
internal enum FaultKind
{
    /// <summary>Nobody listens; what was connected is reset.</summary>
    Refusal,

    /// <summary>A connect is answered by nothing.</summary>
    SilentConnect,

    /// <summary>The host is gone: nothing gets through either way; afterwards some connections live on.</summary>
    HostLoss,

    /// <summary>The greeting comes up to 250 s late.</summary>
    SlowHandshake,

    /// <summary>The handshake breaks a rule of the protocol.</summary>
    HandshakeLie,

    /// <summary>A connection ends (FIN) after some byte.</summary>
    Cut,

    /// <summary>A connection is reset (RST) after some byte.</summary>
    Reset,

    /// <summary>The server stops and goes on where it was (SIGSTOP, SIGCONT), or never does.</summary>
    Stall,

    /// <summary>Replies come up to 60 s late, in any order.</summary>
    LateReplies,

    /// <summary>Reads are answered with EIO that would succeed later.</summary>
    TransientError,

    /// <summary>The server says ESHUTDOWN.</summary>
    Shutdown,

    /// <summary>A reply breaks a rule of the protocol.</summary>
    ReplyLie,

    /// <summary>The server was restarted with another disk under the same name.</summary>
    Impostor,

    /// <summary>Connections beyond a few are closed again.</summary>
    ConnectionLimit,

    /// <summary>The server takes no bytes.</summary>
    BlockedWrites,

    /// <summary>Bytes come a few at a time.</summary>
    Trickle,

    /// <summary>A range of the disk that can never be read; no spell, but part of the disk.</summary>
    BadSectors,
}
