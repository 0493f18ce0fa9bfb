using System.Security.Cryptography.X509Certificates;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Methods;

/// <summary>host.*, network.* and pool.*.</summary>
internal static class HostMethods
{
    private static readonly string[] NbdPurposes = ["nbd", "insecure_nbd"];

    public static void Add(RpcMethodTable methods, PoolState state, PoolActions actions)
    {
        methods.Add("host.get_server_certificate", 1, a => RpcValue.Of(
            Certificate(a.Object<HostObject>(0)).ExportCertificatePem() + "\n"));
        methods.Add("host.get_servertime", 1, _ => RpcValue.Of(state.Time.GetUtcNow()));
        methods.Add("network.add_purpose", 2, a => AddPurpose(state, a.Object<NetworkObject>(0), a.Text(1)));
        methods.Add("network.remove_purpose", 2, a => state.Mutate(() =>
            a.Object<NetworkObject>(0).Purpose.Remove(a.Text(1))));
        methods.Add(
            "pool.designate_new_master", 1, a => actions.ChangeCoordinator(a.Object<HostObject>(0)), hasAsync: true);
    }

    /// <summary>A host's certificate, asked of the host itself: it must live.</summary>
    /// <exception cref="XapiFailureException">HOST_OFFLINE, CANNOT_CONTACT_HOST.</exception>
    internal static X509Certificate2 Certificate(HostObject host)
    {
        if (!host.Metrics.Live)
        {
            throw new XapiFailureException("HOST_OFFLINE", host.Ref);
        }

        return host.Faults.Dead
            ? throw new XapiFailureException("CANNOT_CONTACT_HOST", host.Ref)
            : host.ServerCertificate ?? throw new InvalidOperationException("a host without a certificate");
    }

    private static void AddPurpose(PoolState state, NetworkObject network, string purpose) => state.Mutate(() =>
    {
        string? conflicting = state.All<NetworkObject>()
            .SelectMany(one => one.Purpose)
            .FirstOrDefault(other => other != purpose && NbdPurposes.Contains(other));
        if (NbdPurposes.Contains(purpose) && conflicting is not null)
        {
            throw new XapiFailureException("NETWORK_INCOMPATIBLE_PURPOSES", purpose, conflicting);
        }

        network.Purpose.Add(purpose);
    });
}
