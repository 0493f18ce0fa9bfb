using System.Security.Cryptography.X509Certificates;
using VdiFs.Pool.State;

namespace VdiFs.Pool.Rpc.Methods;

/// <summary>
/// VDI.get_nbd_info (xapi: ocaml/xapi/xapi_vdi.ml): every candidate host is asked for its certificate, so one dead
/// host whose PBD is still attached makes the whole call fail.
/// </summary>
internal static class NbdInfo
{
    private static readonly string[] Purposes = ["nbd", "insecure_nbd"];

    public static RpcValue Of(PoolState state, VdiObject vdi, SessionObject session) => state.Read(() =>
    {
        if (vdi.Type == "cbt_metadata")
        {
            throw new XapiFailureException("VDI_INCOMPATIBLE_TYPE", vdi.Ref, vdi.Type);
        }

        return RpcValue.Of(state.Hosts.Where(vdi.Sr.IsSeenBy).SelectMany(host => Ways(state, vdi, session, host)));
    });

    /// <summary>The first DNS name of a certificate that is no wildcard, else a wildcard, else the fallback.</summary>
    internal static string Subject(X509Certificate2 certificate, string fallback)
    {
        string[] names =
        [
            .. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(extension => extension.EnumerateDnsNames()),
        ];
        return names.FirstOrDefault(name => !name.StartsWith('*')) ?? names.FirstOrDefault() ?? fallback;
    }

    private static IEnumerable<RpcValue> Ways(
        PoolState state, VdiObject vdi, SessionObject session, HostObject host)
    {
        string[] addresses = [.. host.Pifs.Select(state.Get<PifObject>).Where(IsForNbd).SelectMany(Addresses)];
        if (addresses.Length == 0)
        {
            return [];
        }

        X509Certificate2 certificate = HostMethods.Certificate(host);
        return addresses.Select(address => RpcValue.Record(
            ("exportname", RpcValue.Of($"/{vdi.Uuid}?session_id={session.Ref}")),
            ("address", RpcValue.Of(address)),
            ("port", RpcValue.Of((long)host.NbdPort)),
            ("cert", RpcValue.Of(certificate.ExportCertificatePem() + "\n")),
            ("subject", RpcValue.Of(Subject(certificate, host.Hostname)))));
    }

    private static bool IsForNbd(PifObject pif) => pif.CurrentlyAttached && pif.Network.Purpose.Any(Purposes.Contains);

    private static IEnumerable<string> Addresses(PifObject pif) =>
        (pif.Ip.Length > 0 ? [pif.Ip] : Array.Empty<string>()).Concat(pif.Ipv6.Select(ip => ip.Split('/')[0]));
}
