using VdiFs.Nbd;

namespace VdiFs.Disks.Servers;

/// <summary>Turns an NBD client's error into a disk's.</summary>
internal static class NbdFailures
{
    public static DiskException ToDiskException(this NbdException exception) =>
        new(KindOf(exception.Kind), exception.Message, exception);

    private static DiskErrorKind KindOf(NbdErrorKind kind) => kind switch
    {
        NbdErrorKind.UnknownExport or NbdErrorKind.ClosedAtOpening => DiskErrorKind.NotFound,
        NbdErrorKind.ExportChanged => DiskErrorKind.Changed,
        NbdErrorKind.ServerError => DiskErrorKind.ReadFailed,
        NbdErrorKind.TlsSetup => DiskErrorKind.BadSource,
        NbdErrorKind.CertificateRejected => DiskErrorKind.NotPermitted,
        NbdErrorKind.TlsUnavailable or NbdErrorKind.TlsRequired => DiskErrorKind.Unsupported,
        _ => DiskErrorKind.Unreachable,
    };
}
