using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd;

/// <summary>
/// The address of an export (doc/uri.md of the NBD project): <c>nbd://host[:port][/export]</c>,
/// <c>nbd+unix:///[export]?socket=PATH</c>, and nbds for both. Immutable; it never holds a secret.
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
    /// Reads a URI; on failure <paramref name="error"/> says in one line what is wrong and what to write.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out NbdUri? uri, out string error)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            uri = NbdUriParser.Parse(text);
            error = "";
            return true;
        }
        catch (FormatException malformed)
        {
            uri = null;
            error = malformed.Message;
            return false;
        }
    }

    /// <summary>The canonical URI: equal addresses have equal texts, and parsing it gives this value again.</summary>
    public override string ToString()
    {
        string name = Uri.EscapeDataString(ExportName).Replace("%2F", "/", StringComparison.Ordinal);
        string scheme = IsTls ? "nbds" : "nbd";
        if (SocketPath is not null)
        {
            string socket = Uri.EscapeDataString(SocketPath).Replace("%2F", "/", StringComparison.Ordinal);
            return $"{scheme}+unix:///{name}?socket={socket}";
        }

        string host = Host!.Contains(':', StringComparison.Ordinal)
            ? "[" + Host.Replace("%", "%25", StringComparison.Ordinal) + "]"
            : Uri.EscapeDataString(Host);
        string port = Port == DefaultPort ? "" : string.Create(CultureInfo.InvariantCulture, $":{Port}");
        return name.Length == 0 ? $"{scheme}://{host}{port}" : $"{scheme}://{host}{port}/{name}";
    }
}
