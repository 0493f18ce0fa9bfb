namespace VdiFs.Fuse;

/// <summary>Mounting or unmounting failed. The message is one line for a person: cause and cure.</summary>
/// <param name="kind">What went wrong.</param>
/// <param name="message">One line.</param>
public sealed class FuseMountException(FuseMountErrorKind kind, string message) : Exception(message)
{
    /// <summary>What went wrong.</summary>
    public FuseMountErrorKind Kind { get; } = kind;
}
