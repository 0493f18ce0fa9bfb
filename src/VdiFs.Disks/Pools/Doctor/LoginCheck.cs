using Microsoft.Extensions.Logging;
using VdiFs.Disks.Catalogs;
using VdiFs.Xapi;

namespace VdiFs.Disks.Pools.Doctor;

/// <summary>Whether the pool can be reached and lets the user in.</summary>
internal static class LoginCheck
{
    private const string Subject = "login";

    /// <summary>The session, which the caller disposes; null when there is none, and the finding says why.</summary>
    public static async Task<(XapiSession? Session, Finding Finding)> RunAsync(
        XapiAddress address, CatalogOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            XapiSession session =
                await XapiPool.LoginAsync(address, options, logger, cancellationToken).ConfigureAwait(false);
            string coordinator = session.Coordinator.Host;
            return (session, Finding.Ok(Subject, $"{address.User} is logged in at {coordinator}, the coordinator"));
        }
        catch (XapiException exception)
        {
            return (null, Finding.Problem(Subject, exception.Message, CureFor(exception, address)));
        }
    }

    private static string CureFor(XapiException exception, XapiAddress address) => exception.Kind switch
    {
        XapiErrorKind.ConnectFailed or XapiErrorKind.Timeout =>
            $"check the address and the firewall: nc -vz {address.Host} {address.Port}; on the host: "
            + "systemctl status xapi",
        XapiErrorKind.CertificateRejected =>
            "on the host: openssl x509 -in /etc/xensource/xapi-ssl.pem -noout -fingerprint -sha256; give that as "
            + "--fingerprint, or the authority as --ca",
        XapiErrorKind.Refused when exception.Code == XapiCodes.SessionAuthenticationFailed =>
            "check the user (xapi://USER@host) and the password (--password-file)",
        XapiErrorKind.Refused when exception.Code == XapiCodes.SessionAuthorizationFailed =>
            "xe subject-add subject-name=<user>, then xe subject-role-add uuid=<subject uuid> role-name=vm-admin",
        _ => "on the coordinator: systemctl status xapi; tail /var/log/xensource.log",
    };
}
