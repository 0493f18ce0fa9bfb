namespace VdiFs.Disks;

/// <summary>Where a disk's allocation map comes from.</summary>
public enum AllocationOrigin
{
    /// <summary>An NBD server's block status (metadata context base:allocation).</summary>
    BlockStatus,

    /// <summary>The holes of a local file (SEEK_HOLE).</summary>
    FileHoles,

    /// <summary>
    /// Nowhere: the server's block status called bytes zero that are not, so everything counts as allocated.
    /// </summary>
    Contradicted,

    /// <summary>Nowhere: the server or file system does not tell, so everything counts as allocated.</summary>
    None,
}
