namespace VdiFs.Fuse;

/// <summary>Why a server stopped serving.</summary>
public enum FuseEnd
{
    /// <summary>Unmounted, by whomever.</summary>
    Unmounted,

    /// <summary>
    /// The connection was aborted: fusectl, umount -f, or this server after a busy mount was detached.
    /// </summary>
    Aborted,

    /// <summary>The device failed; the log says how. The mount is dead and has to be unmounted.</summary>
    Failed,
}
