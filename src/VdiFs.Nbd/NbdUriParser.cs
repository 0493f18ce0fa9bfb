using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using VdiFs.Nbd.Protocol;
using VdiFs.Nbd.Tls;

namespace VdiFs.Nbd;

/// <summary>
/// Takes an NBD URI apart by hand: System.Uri would resolve "..", fold slashes and decode names on its own terms, and
/// an export name is free text. Throws FormatException with a line for the user.
/// </summary>
internal static class NbdUriParser
{
    /// <summary>sun_path holds 108 bytes with its NUL.</summary>
    private const int SocketPathBytes = 107;

    private const string TcpForm = "write nbd://HOST[:PORT][/EXPORT]";
    private const string UnixForm = "write nbd+unix:///[EXPORT]?socket=PATH";

    /// <summary>
    /// The servers that the URI names, one address each, in its order: at least one, no two the same.
    /// </summary>
    public static IReadOnlyList<NbdUri> Parse(string text)
    {
        int schemeEnd = text.IndexOf("://", StringComparison.Ordinal);
        string scheme = schemeEnd < 0 ? "" : text[..schemeEnd].ToLowerInvariant();
        if (scheme.Contains("vsock", StringComparison.Ordinal))
        {
            throw new FormatException($"{scheme}:// is not supported; use nbd:// (TCP) or nbd+unix:// (a unix socket)");
        }

        if (scheme is not ("nbd" or "nbds" or "nbd+unix" or "nbds+unix"))
        {
            throw new FormatException($"not an NBD URI; {TcpForm} or {UnixForm[6..]}");
        }

        string rest = text[(schemeEnd + 3)..];
        if (rest.Contains('#', StringComparison.Ordinal))
        {
            throw new FormatException("an NBD URI has no '#' part; write a '#' in an export name as %23");
        }

        int queryStart = rest.IndexOf('?', StringComparison.Ordinal);
        TlsUriParameters tls = default;
        List<string> sockets = queryStart < 0 ? [] : ParseQuery(rest[(queryStart + 1)..], ref tls);
        string place = queryStart < 0 ? rest : rest[..queryStart];
        int pathStart = place.IndexOf('/', StringComparison.Ordinal);
        string authority = pathStart < 0 ? place : place[..pathStart];
        string exportName = pathStart < 0 ? "" : Decode(place[(pathStart + 1)..], "the export name");
        if (Encoding.UTF8.GetByteCount(exportName) > NbdLimits.StringBytes)
        {
            throw new FormatException($"the export name is longer than {NbdLimits.StringBytes} bytes");
        }

        if (exportName.Contains('\0', StringComparison.Ordinal))
        {
            throw new FormatException("the export name holds a NUL character");
        }

        bool isTls = scheme.StartsWith("nbds", StringComparison.Ordinal);
        if (!isTls && !tls.IsEmpty)
        {
            throw new FormatException("the URI has parameters for TLS, but is plain NBD; write nbds:// for nbd://");
        }

        IEnumerable<NbdUri> servers = scheme.EndsWith("+unix", StringComparison.Ordinal)
            ? Unix(isTls, authority, exportName, sockets)
            : Tcp(isTls, authority, exportName, sockets);
        return
        [
            .. servers
                .Select(server => server with { TlsCertificates = tls.Certificates, TlsHostname = tls.HostName })
                .Distinct(),
        ];
    }

    private static IEnumerable<NbdUri> Unix(bool isTls, string authority, string exportName, List<string> sockets)
    {
        if (authority.Length != 0)
        {
            throw new FormatException(
                $"a unix socket has no host, but the URI names '{authority}'; {UnixForm} with three slashes");
        }

        return sockets.Count == 0
            ? throw new FormatException($"the URI names no socket; {UnixForm}")
            : sockets.Select(socket => Unix(isTls, exportName, socket));
    }

    private static NbdUri Unix(bool isTls, string exportName, string socket)
    {
        if (socket.Length == 0)
        {
            throw new FormatException($"the URI names no socket; {UnixForm}");
        }

        int length = Encoding.UTF8.GetByteCount(socket);
        if (length > SocketPathBytes)
        {
            throw new FormatException($"the socket path has {length} bytes; the system allows {SocketPathBytes}");
        }

        if (socket.IndexOf('\0', 1) >= 0)
        {
            throw new FormatException("the socket path holds a NUL character");
        }

        return new NbdUri { IsTls = isTls, SocketPath = socket, ExportName = exportName };
    }

    private static IEnumerable<NbdUri> Tcp(bool isTls, string authority, string exportName, List<string> sockets)
    {
        if (sockets.Count > 0)
        {
            throw new FormatException($"?socket= belongs to a unix socket; {UnixForm}");
        }

        if (authority.Contains('@', StringComparison.Ordinal))
        {
            throw new FormatException(
                $"a user in an NBD URI is for {TlsUriParameters.NoPresharedKeys}, and leave out the part before '@'");
        }

        return authority.Split(',').Select(server => Tcp(isTls, exportName, server));
    }

    private static NbdUri Tcp(bool isTls, string exportName, string authority)
    {
        (string host, string port) = SplitAuthority(authority);
        int number = NbdUri.DefaultPort;
        if (port.Length != 0
            && (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number)
                || number is < 1 or > 65535))
        {
            throw new FormatException($"the port '{port}' is not a number from 1 to 65535");
        }

        return new NbdUri { IsTls = isTls, Host = host, Port = number, ExportName = exportName };
    }

    private static (string Host, string Port) SplitAuthority(string authority)
    {
        if (authority.StartsWith('['))
        {
            int end = authority.IndexOf(']', StringComparison.Ordinal);
            string literal = end < 0 ? "" : authority[1..end].Replace("%25", "%", StringComparison.Ordinal);
            string tail = end < 0 ? "" : authority[(end + 1)..];
            if (!IPAddress.TryParse(literal, out IPAddress? address)
                || address.AddressFamily != AddressFamily.InterNetworkV6
                || (tail.Length != 0 && tail[0] != ':'))
            {
                throw new FormatException(
                    $"'{authority}' is no IPv6 address in brackets; write nbd://[::1]:10809/EXPORT");
            }

            return (address.ToString(), tail.Length == 0 ? "" : tail[1..]);
        }

        int colon = authority.IndexOf(':', StringComparison.Ordinal);
        if (colon != authority.LastIndexOf(':'))
        {
            throw new FormatException(
                $"'{authority}' has more than one ':'; write an IPv6 address in brackets, nbd://[::1]/EXPORT");
        }

        string host = Decode(colon < 0 ? authority : authority[..colon], "the host name").ToLowerInvariant();
        if (host.Length == 0)
        {
            throw new FormatException($"the URI names no host; {TcpForm}");
        }

        if (host.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '/' or '\\' or ':'))
        {
            throw new FormatException("the host name holds a character that no host name has");
        }

        return (host, colon < 0 ? "" : authority[(colon + 1)..]);
    }

    private static List<string> ParseQuery(string query, ref TlsUriParameters tls)
    {
        List<string> sockets = [];
        foreach (string parameter in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = parameter.IndexOf('=', StringComparison.Ordinal);
            string key = Decode(equals < 0 ? parameter : parameter[..equals], "a parameter name");
            string value = equals < 0 ? "" : Decode(parameter[(equals + 1)..], $"the value of '{key}'");
            if (key.StartsWith(TlsUriParameters.Prefix, StringComparison.Ordinal))
            {
                tls = tls.With(key, value);
                continue;
            }

            if (key != "socket")
            {
                throw new FormatException(
                    $"the parameter '{key}' is unknown; "
                    + "known are socket=PATH, tls-certificates=DIR, tls-hostname=NAME");
            }

            sockets.Add(value);
        }

        return sockets;
    }

    private static string Decode(string text, string what)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int length = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != '%')
            {
                bytes[length++] = bytes[i];
                continue;
            }

            if (i + 2 >= bytes.Length
                || !char.IsAsciiHexDigit((char)bytes[i + 1])
                || !char.IsAsciiHexDigit((char)bytes[i + 2]))
            {
                throw new FormatException(
                    $"{what} holds a '%' that is not followed by two hexadecimal digits; write '%' as %25");
            }

            bytes[length++] = Convert.FromHexString([(char)bytes[i + 1], (char)bytes[i + 2]])[0];
            i += 2;
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw new FormatException($"{what} is not UTF-8 after decoding");
        }
    }
}
