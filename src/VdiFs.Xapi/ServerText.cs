namespace VdiFs.Xapi;

/// <summary>Strings that a server sent, made fit for a message.</summary>
internal static class ServerText
{
    /// <summary>One line of bounded length; control characters become spaces.</summary>
    public static string Shown(string text)
    {
        string kept = text.Length > XapiLimits.ErrorParameterCharacters
            ? text[..XapiLimits.ErrorParameterCharacters] + "..."
            : text;
        return string.Create(kept.Length, kept, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        }).Trim();
    }
}
