using VdiFs.Xapi.Model;

namespace VdiFs.Xapi.Calls;

/// <summary>Calls of class host. Each throws <see cref="XapiException"/>.</summary>
public static class HostCalls
{
    /// <summary>The certificate that the host shows to clients of the API and of NBD, PEM.</summary>
    public static Task<string> GetServerCertificateAsync(
        this XapiSession session, OpaqueRef host, CancellationToken cancellationToken) =>
        session.CallForTextAsync("host.get_server_certificate", [host], cancellationToken);
}
