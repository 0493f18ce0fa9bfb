using System.Globalization;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Doctor;

/// <summary>Whether the hosts are alive, and how old their certificates are.</summary>
internal static class HostChecks
{
    private const string ServerCertificate = "host";
    private static readonly TimeSpan SoonExpired = TimeSpan.FromDays(30);

    public static IEnumerable<Finding> Run(PoolDatabase pool, DateTimeOffset now)
    {
        HostRecord[] hosts = [.. pool.Hosts.Values.OrderBy(host => host.NameLabel, StringComparer.Ordinal)];
        return
        [
            .. hosts.Select(host => LifeOf(pool, host)),
            .. hosts.SelectMany(host => CertificatesOf(pool, host, now)),
        ];
    }

    private static Finding LifeOf(PoolDatabase pool, HostRecord host)
    {
        const string subject = "host";
        if (pool.HostMetrics.GetValueOrDefault(host.Metrics) is { Live: true })
        {
            return Finding.Ok(subject, $"{host.NameLabel} ({host.Address}) is alive");
        }

        int attached = pool.Pbds.Values.Count(pbd => pbd.Host == host.Ref && pbd.CurrentlyAttached);
        return Finding.Problem(
            subject,
            $"{host.NameLabel} ({host.Address}) is dead"
            + (attached > 0
                ? $", and {attached} of its storage connections still count as attached: VDI.get_nbd_info fails for "
                    + "the disks on them (they are read through the other hosts all the same)"
                : ""),
            $"start it; or, if it is gone for good: xe host-declare-dead uuid={host.Uuid}, "
            + $"then xe host-forget uuid={host.Uuid}");
    }

    private static IEnumerable<Finding> CertificatesOf(PoolDatabase pool, HostRecord host, DateTimeOffset now) =>
        pool.Certificates.Values
            .Where(certificate => certificate.Host == host.Ref && certificate.Type == ServerCertificate)
            .Select(certificate => AgeOf(host, certificate, now));

    private static Finding AgeOf(HostRecord host, CertificateRecord certificate, DateTimeOffset now)
    {
        const string subject = "certificate";
        string end = certificate.NotAfter.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string cure =
            $"xe host-refresh-server-certificate host={host.Uuid}, then on the host: systemctl restart xapi-nbd";
        if (certificate.NotAfter <= now)
        {
            return Finding.Problem(subject, $"that of {host.NameLabel} ended on {end}", cure);
        }

        return certificate.NotAfter - now < SoonExpired
            ? Finding.Warning(subject, $"that of {host.NameLabel} ends on {end}", cure)
            : Finding.Ok(subject, $"that of {host.NameLabel} is good until {end}");
    }
}
