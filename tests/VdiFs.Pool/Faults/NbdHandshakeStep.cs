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

    /// <summary>After the export name, before its reply.</summary>
    AfterExportName,
}
