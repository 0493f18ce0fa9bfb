using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd;

/// <summary>
/// The address of an export (doc/uri.md of the NBD project): <c>nbd://host[:port][/export]</c>,
/// <c>nbd+unix:///[export]?socket=PATH</c>, and nbds for both, which may have <c>tls-certificates=DIR</c> and
/// <c>tls-hostname=NAME</c> in their query. Immutable; it never holds a secret.
/// </summary>
public sealed record NbdUri
{
    /// <summary>The port of NBD when the URI names none.</summary>
    public const int DefaultPort = 10809;

    internal NbdUri()
    {
    }

    /// <summary>Whether the connection must be TLS (nbds).</summary>
    public bool IsTls { get; init; }

    /// <summary>Host name or IP address without brackets, in lower case; null for a unix socket.</summary>
    public string? Host { get; init; }

    /// <summary>TCP port, 1 to 65535.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Path of the unix socket, or an abstract name that starts with NUL; null for TCP.</summary>
    public string? SocketPath { get; init; }

    /// <summary>The export name, decoded; "" is the default export. At most 4096 bytes of UTF-8, no NUL.</summary>
    public string ExportName
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value, nameof(ExportName));
            if (value.Contains('\0', StringComparison.Ordinal)
                || Encoding.UTF8.GetByteCount(value) > NbdLimits.StringBytes)
            {
                throw new ArgumentException("an export name has at most 4096 bytes and no NUL", nameof(ExportName));
            }

            field = value;
        }
    } = "";

    /// <summary>
    /// Directory of <c>ca-cert.pem</c>, <c>client-cert.pem</c> and <c>client-key.pem</c> (tls-certificates); null for
    /// none, and for a plain URI.
    /// </summary>
    public string? TlsCertificates { get; init; }

    /// <summary>
    /// The name that the server's certificate must bear (tls-hostname); null for the host's, and for a plain URI.
    /// </summary>
    public string? TlsHostname { get; init; }

    private string Authority
    {
        get
        {
            string host = Host!.Contains(':', StringComparison.Ordinal)
                ? "[" + Host.Replace("%", "%25", StringComparison.Ordinal) + "]"
                : Uri.EscapeDataString(Host);
            return Port == DefaultPort ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{Port}");
        }
    }

    private string Query
    {
        get
        {
            (string Key, string? Value)[] all =
                [("socket", SocketPath), ("tls-certificates", TlsCertificates), ("tls-hostname", TlsHostname)];
            IEnumerable<string> given =
                all.Where(item => item.Value is not null).Select(item => $"{item.Key}={Escape(item.Value!)}");
            string query = string.Join('&', given);
            return query.Length == 0 ? "" : "?" + query;
        }
    }

    /// <summary>
    /// Reads a URI of one server; on failure <paramref name="error"/> says in one line what is wrong and what to write.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out NbdUri? uri, out string error)
    {
        uri = null;
        if (!TryParseAll(text, out IReadOnlyList<NbdUri>? servers, out error))
        {
            return false;
        }

        if (servers.Count > 1)
        {
            error = "the URI names several servers where one is expected";
            return false;
        }

        uri = servers[0];
        return true;
    }

    /// <summary>
    /// Reads a URI that may name several servers of the same export: <c>nbd://a,b:10810,[::1]/export</c>,
    /// <c>nbd+unix:///export?socket=A&amp;socket=B</c>. One address each, in the URI's order, no two the same.
    /// </summary>
    public static bool TryParseAll(
        string text, [NotNullWhen(true)] out IReadOnlyList<NbdUri>? servers, out string error)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            servers = NbdUriParser.Parse(text);
            error = "";
            return true;
        }
        catch (FormatException malformed)
        {
            servers = null;
            error = malformed.Message;
            return false;
        }
    }

    /// <summary>The canonical URI: equal addresses have equal texts, and parsing it gives this value again.</summary>
    public override string ToString()
    {
        string name = Escape(ExportName);
        string scheme = IsTls ? "nbds" : "nbd";
        if (SocketPath is not null)
        {
            return $"{scheme}+unix:///{name}{Query}";
        }

        return name.Length == 0 ? $"{scheme}://{Authority}{Query}" : $"{scheme}://{Authority}/{name}{Query}";
    }

    /// <summary>
    /// One URI for several servers of the same export, the same for every order of them; they differ in nothing but
    /// their host and port, or socket.
    /// </summary>
    public static string Join(IReadOnlyList<NbdUri> servers)
    {
        ArgumentNullException.ThrowIfNull(servers);
        NbdUri[] sorted = [.. servers.OrderBy(server => server.ToString(), StringComparer.Ordinal)];
        string first = sorted[0].ToString();
        return sorted[0].SocketPath is null
            ? first.Replace(
                "://" + sorted[0].Authority,
                "://" + string.Join(',', sorted.Select(server => server.Authority)),
                StringComparison.Ordinal)
            : first + string.Concat(sorted.Skip(1).Select(server => "&socket=" + Escape(server.SocketPath!)));
    }

    private static string Escape(string text) =>
        Uri.EscapeDataString(text).Replace("%2F", "/", StringComparison.Ordinal);
}
