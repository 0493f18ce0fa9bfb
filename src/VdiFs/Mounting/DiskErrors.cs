using VdiFs.Disks;
using VdiFs.Fuse;

namespace VdiFs.Mounting;

/// <summary>Turns the error of a disk into the one its reader gets. The only place that does.</summary>
internal static class DiskErrors
{
    /// <summary>EIO with the disk's own words for the log, whatever the kind: a reader cannot tell them
    /// apart.</summary>
    public static FuseException ToFuseException(this DiskException exception) =>
        new(Errno.EIO, exception.Message, exception);
}
