using VdiFs.Xapi;

namespace VdiFs.Disks.Pools;

/// <summary>Turns a pool's error into a disk's.</summary>
internal static class PoolFailures
{
    /// <param name="exception">The pool's error.</param>
    /// <param name="what">What failed, as the start of a sentence.</param>
    public static DiskException ToDiskException(this XapiException exception, string what) =>
        new(KindOf(exception), $"{what}: {exception.Message}", exception);

    /// <summary>Whether the object that was asked about is gone: what was to be done with it needs no doing.</summary>
    public static bool IsGone(this XapiException exception) => exception.Code == XapiCodes.HandleInvalid;

    private static DiskErrorKind KindOf(XapiException exception) => exception.Kind switch
    {
        XapiErrorKind.CertificateRejected => DiskErrorKind.NotPermitted,
        XapiErrorKind.TlsSetup => DiskErrorKind.BadSource,
        XapiErrorKind.Refused => exception.Code switch
        {
            XapiCodes.HandleInvalid => DiskErrorKind.NotFound,
            XapiCodes.RbacPermissionDenied or XapiCodes.SessionAuthenticationFailed
                or XapiCodes.SessionAuthorizationFailed => DiskErrorKind.NotPermitted,
            _ => DiskErrorKind.Unreachable,
        },
        _ => DiskErrorKind.Unreachable,
    };
}
