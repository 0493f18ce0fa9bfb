namespace VdiFs.Pool.Rpc;

/// <summary>What a value of XAPI's wire is; JSON and XML write each their own way.</summary>
public enum RpcKind
{
    /// <summary>No result: "" in JSON, an empty value in XML.</summary>
    Void,

    /// <summary>Text, also references and enumerations.</summary>
    Text,

    /// <summary>A 64-bit number; a decimal string in XML.</summary>
    Int,

    /// <summary>A floating-point number.</summary>
    Float,

    /// <summary>True or false.</summary>
    Bool,

    /// <summary>A time, 20260101T00:00:00Z.</summary>
    Time,

    /// <summary>A set.</summary>
    Array,

    /// <summary>A record or a map with text keys.</summary>
    Map,
}
