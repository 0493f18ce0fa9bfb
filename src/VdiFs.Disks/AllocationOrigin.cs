namespace VdiFs.Disks;

/// <summary>Where a disk's allocation map comes from.</summary>
public enum AllocationOrigin
{
    /// <summary>An NBD server's block status (metadata context base:allocation).</summary>
    BlockStatus,

    /// <summary>The holes of a local file (SEEK_HOLE).</summary>
    FileHoles,

    /// <summary>The tables at the head of a pool's export of the disk.</summary>
    ExportHeader,

    /// <summary>A file on this host, kept when the pool told it before.</summary>
    Kept,

    /// <summary>
    /// Nowhere yet: to tell, the pool would read the whole disk, so it is asked when a packed file is needed; until
    /// then everything counts as allocated.
    /// </summary>
    Costly,

    /// <summary>Nowhere yet: the pool did not tell. It is asked again when a packed file is needed.</summary>
    Failed,

    /// <summary>
    /// Nowhere: the server's block status called bytes zero that are not, so everything counts as allocated.
    /// </summary>
    Contradicted,

    /// <summary>Nowhere: the server or file system does not tell, so everything counts as allocated.</summary>
    None,
}
