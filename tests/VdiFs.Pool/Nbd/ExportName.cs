namespace VdiFs.Pool.Nbd;

/// <summary>What a client asks for: <c>/&lt;VDI uuid&gt;?session_id=&lt;session reference&gt;</c>, read as a
/// URI.</summary>
internal sealed class ExportName
{
    private ExportName(string vdiUuid, string sessionRef)
    {
        VdiUuid = vdiUuid;
        SessionRef = sessionRef;
    }

    internal string VdiUuid { get; }

    /// <summary>A secret.</summary>
    internal string SessionRef { get; }

    /// <exception cref="ConnectionEndedException">No session is named.</exception>
    internal static ExportName Parse(string text)
    {
        int mark = text.IndexOf('?', StringComparison.Ordinal);
        string path = Uri.UnescapeDataString(mark < 0 ? text : text[..mark]);
        foreach (string pair in mark < 0 ? [] : text[(mark + 1)..].Split('&'))
        {
            if (pair.StartsWith("session_id=", StringComparison.Ordinal))
            {
                string session = Uri.UnescapeDataString(pair["session_id=".Length..]);
                // The first character is dropped whatever it is (xen-api: ocaml/nbd/src/main.ml).
                return new ExportName(path.Length > 0 ? path[1..] : path, session);
            }
        }

        throw new ConnectionEndedException("No session_id parameter provided");
    }
}
