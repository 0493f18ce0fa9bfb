using System.Text;

namespace VdiFs.Nbd.Protocol;

/// <summary>Strings that a server sent, made fit for a message or checked before they become names.</summary>
internal static class ServerText
{
    private const int ShownCharacters = 200;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>
    /// One line of at most 200 visible characters, for an error message; control characters become '?'.
    /// </summary>
    public static string Shown(ReadOnlySpan<byte> text)
    {
        string decoded = Encoding.UTF8.GetString(text[..Math.Min(text.Length, ShownCharacters * 4)]).Trim();
        bool isCut = decoded.Length > ShownCharacters;
        string kept = isCut ? decoded[..ShownCharacters] : decoded;
        string line = string.Create(kept.Length, kept, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? '?' : source[i];
            }
        });
        return isCut ? line + "..." : line;
    }

    /// <summary>The same for a text that is decoded already.</summary>
    public static string Shown(string text) => Shown(Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// Decodes a string of the protocol; false when it is longer than 4096 bytes, no UTF-8, or holds a NUL.
    /// </summary>
    public static bool TryDecode(ReadOnlySpan<byte> text, out string decoded)
    {
        decoded = "";
        if (text.Length > NbdLimits.StringBytes || text.Contains((byte)0))
        {
            return false;
        }

        try
        {
            decoded = StrictUtf8.GetString(text);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
