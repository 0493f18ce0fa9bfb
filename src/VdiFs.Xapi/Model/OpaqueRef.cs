namespace VdiFs.Xapi.Model;

/// <summary>XAPI's name of an object, valid as long as the object lives. The default value is null.</summary>
/// <param name="Value">As XAPI wrote it, usually <c>OpaqueRef:</c> and a uuid.</param>
public readonly record struct OpaqueRef(string? Value)
{
    private const string Prefix = "OpaqueRef:";
    private const string NullValue = "OpaqueRef:NULL";

    /// <summary>The reference to nothing.</summary>
    public static OpaqueRef Null { get; } = new(NullValue);

    /// <summary>
    /// Whether it names nothing: XAPI writes "OpaqueRef:NULL", "" and, in old databases, other words.
    /// </summary>
    public bool IsNull =>
        Value is null || Value == NullValue || !Value.StartsWith(Prefix, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Value ?? NullValue;
}
