namespace VdiFs.Nbd;

/// <summary>
/// A text that goes over the wire and is never shown: no message, log or record has it. XAPI's export names end in a
/// session reference, which is as good as a password.
/// </summary>
/// <param name="text">The text, without NUL.</param>
public sealed class NbdSecret(string text)
{
    private const string Substitute = "(secret)";

    /// <summary>The text itself, for the wire alone.</summary>
    internal string Text { get; } = text is not null && !text.Contains('\0', StringComparison.Ordinal)
        ? text
        : throw new ArgumentException("a secret is a text without NUL", nameof(text));

    /// <summary>Shows nothing of it.</summary>
    public override string ToString() => Substitute;

    /// <summary>What somebody else wrote, with the secret taken out where it is quoted.</summary>
    internal string Hide(string text) =>
        Text.Length == 0 ? text : text.Replace(Text, Substitute, StringComparison.OrdinalIgnoreCase);
}
