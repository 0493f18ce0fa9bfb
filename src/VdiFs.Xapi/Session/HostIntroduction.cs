using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using VdiFs.Xapi.Calls;
using VdiFs.Xapi.Http;
using VdiFs.Xapi.Model;
using VdiFs.Xapi.Model.Reading;

namespace VdiFs.Xapi.Session;

/// <summary>Asks the pool which certificate one of its hosts shows, where the records do not say.</summary>
internal static class HostIntroduction
{
    /// <summary>The fingerprint; null when the pool has no host at this address, or does not tell.</summary>
    /// <exception cref="XapiException">The pool does not answer.</exception>
    public static async Task<string?> AskAsync(XapiSession session, string address, CancellationToken cancellationToken)
    {
        JsonElement hosts = await session.CallAsync("host.get_all_records", [], cancellationToken)
            .ConfigureAwait(false);
        OpaqueRef host = hosts.ValueKind == JsonValueKind.Object
            ? hosts.EnumerateObject()
                .Where(entry => entry.Value.ValueKind == JsonValueKind.Object
                    && new RecordFields(entry.Value).Text("address") == address)
                .Select(entry => new OpaqueRef(entry.Name))
                .FirstOrDefault()
            : default;
        return host.IsNull ? null : await OfAsync(session, host, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<string?> OfAsync(XapiSession session, OpaqueRef host, CancellationToken cancellationToken)
    {
        try
        {
            string pem = await session.GetServerCertificateAsync(host, cancellationToken).ConfigureAwait(false);
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(pem);
            return Fingerprints.Of(certificate);
        }
        catch (Exception cause) when (cause is CryptographicException or XapiException { Kind: XapiErrorKind.Refused })
        {
            return null;
        }
    }
}
