namespace VdiFs.Fuse;

/// <summary>What a node is; the S_IFMT part of st_mode.</summary>
public enum FuseFileType
{
    /// <summary>S_IFDIR.</summary>
    Directory,

    /// <summary>S_IFREG.</summary>
    Regular,

    /// <summary>S_IFLNK; its length must be that of its target in UTF-8 (the kernel caches targets by size).</summary>
    Symlink,
}
