namespace VdiFs.Fuse;

/// <summary>
/// The kernel's name for a file or directory (<c>nodeid</c> in fuse_kernel.h); also shown as its inode number.
/// Chosen by the file system, non-zero, and stable: the same file has the same id over every mount and restart.
/// </summary>
/// <param name="Value">1 is the root, 0 means "none" on the wire and is never a node.</param>
public readonly record struct NodeId(ulong Value)
{
    /// <summary>The root directory of every mount (<c>FUSE_ROOT_ID</c>).</summary>
    public static NodeId Root => new(1);
}
