namespace VdiFs.Fuse;

/// <summary>
/// Linux error numbers, positive as in errno(3). The server negates them on the wire, where only 1 to 511 are
/// legal (fs/fuse/dev.c, fuse_dev_do_write); it answers any other value as <see cref="EIO"/>.
/// </summary>
public enum Errno
{
    /// <summary>Success; never thrown.</summary>
    None = 0,

    /// <summary>Operation not permitted.</summary>
    EPERM = 1,

    /// <summary>No such file or directory.</summary>
    ENOENT = 2,

    /// <summary>Interrupted; the caller gave up.</summary>
    EINTR = 4,

    /// <summary>Input/output error: the bytes could not be had.</summary>
    EIO = 5,

    /// <summary>No such device or address; from SEEK_DATA and SEEK_HOLE: nothing there.</summary>
    ENXIO = 6,

    /// <summary>Bad file descriptor.</summary>
    EBADF = 9,

    /// <summary>Try again.</summary>
    EAGAIN = 11,

    /// <summary>Out of memory.</summary>
    ENOMEM = 12,

    /// <summary>Permission denied.</summary>
    EACCES = 13,

    /// <summary>Device or resource busy.</summary>
    EBUSY = 16,

    /// <summary>File exists.</summary>
    EEXIST = 17,

    /// <summary>No such device; on the FUSE device: unmounted.</summary>
    ENODEV = 19,

    /// <summary>Not a directory.</summary>
    ENOTDIR = 20,

    /// <summary>Is a directory.</summary>
    EISDIR = 21,

    /// <summary>Invalid argument.</summary>
    EINVAL = 22,

    /// <summary>Inappropriate ioctl for device.</summary>
    ENOTTY = 25,

    /// <summary>File too large.</summary>
    EFBIG = 27,

    /// <summary>Read-only file system.</summary>
    EROFS = 30,

    /// <summary>Broken pipe.</summary>
    EPIPE = 32,

    /// <summary>Result too large for the caller's buffer.</summary>
    ERANGE = 34,

    /// <summary>File name too long.</summary>
    ENAMETOOLONG = 36,

    /// <summary>Function not implemented; the kernel remembers it and never asks again.</summary>
    ENOSYS = 38,

    /// <summary>Too many levels: of symbolic links, or of file systems on each other.</summary>
    ELOOP = 40,

    /// <summary>No such attribute.</summary>
    ENODATA = 61,

    /// <summary>Protocol error.</summary>
    EPROTO = 71,

    /// <summary>Operation not supported.</summary>
    EOPNOTSUPP = 95,

    /// <summary>Software caused connection abort; on the FUSE device: aborted through fusectl or by force.</summary>
    ECONNABORTED = 103,

    /// <summary>Not connected: the daemon of a mount is gone.</summary>
    ENOTCONN = 107,

    /// <summary>Timed out.</summary>
    ETIMEDOUT = 110,

    /// <summary>Stale file handle: the node is no longer known.</summary>
    ESTALE = 116,
}
