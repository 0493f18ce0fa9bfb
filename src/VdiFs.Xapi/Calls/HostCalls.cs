using System.Text.Json;
using VdiFs.Xapi.Model;

namespace VdiFs.Xapi.Calls;

/// <summary>Calls of class host. Each throws <see cref="XapiException"/>.</summary>
public static class HostCalls
{
    /// <summary>The certificate that the host shows to clients of the API and of NBD, PEM.</summary>
    public static Task<string> GetServerCertificateAsync(
        this XapiSession session, OpaqueRef host, CancellationToken cancellationToken) =>
        session.CallForTextAsync("host.get_server_certificate", [host], cancellationToken);

    /// <summary>What the host's licence restricts, as "restrict_cbt" to "true" and the like (license_params).</summary>
    public static async Task<IReadOnlyDictionary<string, string>> GetLicenceParametersAsync(
        this XapiSession session, OpaqueRef host, CancellationToken cancellationToken)
    {
        const string Method = "host.get_license_params";
        JsonElement result = await session.CallAsync(Method, [host], cancellationToken).ConfigureAwait(false);
        return CallResult.Map(result, Method);
    }
}
