namespace VdiFs.Pool.Faults;

/// <summary>The places where a handshake may end by itself.</summary>
public enum NbdHandshakeStep
{
    /// <summary>Before the first byte.</summary>
    BeforeGreeting,

    /// <summary>After the greeting.</summary>
    AfterGreeting,

    /// <summary>After the client's flags, before TLS.</summary>
    AfterClientFlags,

    /// <summary>After STARTTLS was acknowledged.</summary>
    AfterStartTls,

    /// <summary>After the TLS handshake.</summary>
    InTls,

    /// <summary>After an option, before its answer.</summary>
    AfterOption,

    /// <summary>After the export name, before anything is attached.</summary>
    AfterExportName,

    /// <summary>After the disk was attached, before the reply.</summary>
    AfterAttach,

    /// <summary>In the middle of the reply to the export name.</summary>
    WithinReply,

    /// <summary>After the reply to the export name.</summary>
    AfterReply,
}
