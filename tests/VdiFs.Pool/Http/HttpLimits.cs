namespace VdiFs.Pool.Http;

/// <summary>XAPI's limits (ocaml/libs/http-lib/http_svr.ml, ocaml/xapi/xapi_globs.ml).</summary>
internal static class HttpLimits
{
    /// <summary>Request line and header fields with the blank line after them.</summary>
    public const int HeaderBytes = 1024;

    /// <summary>The body of a call.</summary>
    public const int BodyBytes = 300 * 1024;

    /// <summary>Connections of one host at once.</summary>
    public const int Connections = 800;

    /// <summary>How long TLS and the first header may take; later ones may take for ever.</summary>
    public static readonly TimeSpan FirstHeader = TimeSpan.FromSeconds(60);
}
