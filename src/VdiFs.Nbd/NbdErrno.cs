namespace VdiFs.Nbd;

/// <summary>
/// Error values of a reply (proto.md, "Error values"). A server may send others; they are kept as they came.
/// </summary>
public enum NbdErrno
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>NBD_EPERM: operation not permitted.</summary>
    NotPermitted = 1,

    /// <summary>NBD_EIO: input/output error.</summary>
    InputOutput = 5,

    /// <summary>NBD_ENOMEM: the server cannot allocate memory.</summary>
    NoMemory = 12,

    /// <summary>NBD_EINVAL: invalid argument.</summary>
    InvalidArgument = 22,

    /// <summary>NBD_ENOSPC: no space left.</summary>
    NoSpace = 28,

    /// <summary>NBD_EOVERFLOW: value too large.</summary>
    Overflow = 75,

    /// <summary>NBD_ENOTSUP: not supported.</summary>
    NotSupported = 95,

    /// <summary>NBD_ESHUTDOWN: the server is being shut down.</summary>
    Shutdown = 108,
}
