using System.Diagnostics.CodeAnalysis;

namespace VdiFs.Xapi;

/// <summary>The address of a XenServer or XCP-ng pool: <c>xapi://[user@]host[:port]</c>, always HTTPS.</summary>
/// <param name="User">The login name; "root" when the URI names none. A password is never part of an address.</param>
/// <param name="Host">Host name or IP address of any host of the pool, without brackets.</param>
/// <param name="Port">TCP port, 1 to 65535; 443 when the URI names none.</param>
public sealed record XapiAddress(string User, string Host, int Port)
{
    /// <summary>The URI scheme, without "://".</summary>
    public const string Scheme = "xapi";

    private const int DefaultPort = 443;

    /// <summary>Reads an address; on failure <paramref name="error"/> says what is wrong and what to write.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out XapiAddress? address, out string error)
    {
        address = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme != Scheme || uri.Host.Length == 0)
        {
            error = "a pool is written xapi://[user@]host[:port]";
            return false;
        }

        if (uri.UserInfo.Contains(':', StringComparison.Ordinal))
        {
            error = "a password in a URI shows in process lists; leave it out of the URI";
            return false;
        }

        string user = uri.UserInfo.Length == 0 ? "root" : Uri.UnescapeDataString(uri.UserInfo);
        address = new XapiAddress(user, uri.IdnHost.Trim('[', ']'), uri.IsDefaultPort ? DefaultPort : uri.Port);
        error = "";
        return true;
    }
}
