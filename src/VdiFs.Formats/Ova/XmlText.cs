using System.Text;

namespace VdiFs.Formats.Ova;

/// <summary>Any text as content or attribute of an XML document.</summary>
internal static class XmlText
{
    private const char Replacement = '\uFFFD';

    /// <summary>Escapes what is markup, and replaces what no XML 1.0 document may hold: most control characters and
    /// half surrogate pairs.</summary>
    internal static string Escape(string text)
    {
        StringBuilder escaped = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                // Else a reader makes spaces of them, or one line end of another.
                '\t' or '\n' or '\r' => escaped.Append("&#").Append(rune.Value).Append(';'),
                < ' ' or 0xFFFE or 0xFFFF => escaped.Append(Replacement),
                _ => escaped.Append(rune.ToString()),
            };
        }

        return escaped.ToString();
    }
}
