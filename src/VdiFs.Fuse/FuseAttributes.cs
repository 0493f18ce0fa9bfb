namespace VdiFs.Fuse;

/// <summary>
/// What stat(2) shows of a node. Once a length was reported with a validity above zero it must never change:
/// the kernel would truncate its cached pages.
/// </summary>
public readonly record struct FuseAttributes
{
    /// <summary>The node; also st_ino.</summary>
    public required NodeId Node { get; init; }

    /// <summary>Directory, regular file or symbolic link.</summary>
    public required FuseFileType Type { get; init; }

    /// <summary>The permission bits of st_mode, 0 to 0o7777.</summary>
    public required int Permissions { get; init; }

    /// <summary>The owner.</summary>
    public uint Uid { get; init; }

    /// <summary>The group.</summary>
    public uint Gid { get; init; }

    /// <summary>st_nlink; 1 for files, 2 + subdirectories (or 1) for directories.</summary>
    public required uint LinkCount { get; init; }

    /// <summary>st_size in bytes.</summary>
    public long Length { get; init; }

    /// <summary>
    /// Bytes that take space, never 0 when there is data: tar and cp trust st_blocks. Rounded up to 512.
    /// </summary>
    public long AllocatedBytes { get; init; }

    /// <summary>st_blksize in bytes; cp and cat read in this unit.</summary>
    public int PreferredBlockSize { get; init; }

    /// <summary>mtime, and also ctime and atime.</summary>
    public DateTimeOffset ModifiedTime { get; init; }

    /// <summary>btime, shown by statx(2).</summary>
    public DateTimeOffset BirthTime { get; init; }

    /// <summary>
    /// How long the kernel may keep these (<c>attr_valid</c>); zero = provisional, it asks again before use.
    /// </summary>
    public TimeSpan Validity { get; init; }
}
