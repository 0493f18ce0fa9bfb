using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using VdiFs.Nbd;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Doctor;

/// <summary>Whether each host's NBD server answers from here, and shows the certificate that XAPI names.</summary>
internal static class NbdServerChecks
{
    private const string Subject = "NBD server";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async IAsyncEnumerable<Finding> RunAsync(
        PoolDatabase pool, ILogger logger, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (PifRecord pif in pool.Pifs.Values.OrderBy(pif => pif.Ip, StringComparer.Ordinal))
        {
            if (pif.CurrentlyAttached
                && pif.Ip.Length > 0
                && pool.Networks.GetValueOrDefault(pif.Network) is { } network
                && network.Purpose.Any(purpose => purpose is "nbd" or "insecure_nbd")
                && pool.Hosts.GetValueOrDefault(pif.Host) is { } host)
            {
                yield return await AskAsync(pool, host, pif.Ip, network, logger, cancellationToken)
                    .ConfigureAwait(false);
            }
        }
    }

    private static async Task<Finding> AskAsync(
        PoolDatabase pool,
        HostRecord host,
        string ip,
        NetworkRecord network,
        ILogger logger,
        CancellationToken cancellationToken)
    {
        bool isTls = network.Purpose.Contains("nbd");
        string name = $"{host.NameLabel} at {ip}:{NbdUri.DefaultPort}";
        var options = new NbdClientOptions
        {
            ConnectTimeout = Patience,
            HandshakeTimeout = Patience,
            Tls = isTls ? new NbdTlsOptions { Fingerprint = FingerprintOf(pool, host) } : null,
        };
        try
        {
            await NbdServer.ListAsync(AddressOf(ip, isTls), options, logger, cancellationToken).ConfigureAwait(false);
            return Works(name, isTls);
        }
        catch (NbdException refused) when (refused.Kind == NbdErrorKind.ListUnsupported)
        {
            // As xapi-nbd does: it took the connection, and TLS, and lists nothing.
            return Works(name, isTls);
        }
        catch (NbdException exception)
        {
            return Finding.Problem(Subject, $"{name}: {exception.Message}", CureFor(exception.Kind, ip));
        }
    }

    private static string? FingerprintOf(PoolDatabase pool, HostRecord host) => pool.Certificates.Values
        .FirstOrDefault(certificate => certificate.Type == "host" && certificate.Host == host.Ref)?.FingerprintSha256;

    private static NbdUri AddressOf(string ip, bool isTls) =>
        NbdUri.TryParse($"{(isTls ? "nbds" : "nbd")}://{ip}", out NbdUri? uri, out string error)
            ? uri
            : throw new NbdException(NbdErrorKind.ConnectFailed, $"the pool gives an address that is none: {error}");

    private static Finding Works(string name, bool isTls) => Finding.Ok(
        Subject, name + (isTls ? " answers over TLS with the certificate that XAPI names" : " answers, without TLS"));

    private static string CureFor(NbdErrorKind kind, string ip) => kind switch
    {
        NbdErrorKind.ConnectFailed or NbdErrorKind.Timeout =>
            $"check the way: nc -vz {ip} {NbdUri.DefaultPort}; the firewall opens the port some seconds after the network "
            + "got its purpose; on the host: systemctl status xapi-nbd xapi, iptables -L xapi_nbd_input_chain",
        NbdErrorKind.CertificateRejected =>
            "the certificate was replaced after xapi-nbd had started; on the host: systemctl restart xapi-nbd "
            + "(or mount with --trust-stale-certificates)",
        NbdErrorKind.ConnectionLost or NbdErrorKind.HandshakeFailed =>
            "all of the host's 16 connections are in use (by backups?), or the network has just lost its purpose; on "
            + $"the host: ss -tn sport = :{NbdUri.DefaultPort}",
        _ => "on the host: journalctl -u xapi-nbd",
    };
}
