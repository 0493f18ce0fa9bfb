using VdiFs.Disks.Catalogs;
using VdiFs.Disks.Pools;
using VdiFs.Disks.Store;

namespace VdiFs.Options;

/// <summary>What `vdifs mount` was asked to do.</summary>
internal sealed record MountOptions
{
    public required string Source { get; init; }

    /// <summary>The full path.</summary>
    public required string MountPoint { get; init; }

    /// <summary>Stay in the foreground.</summary>
    public bool Foreground { get; init; }

    public required FormatSelection Formats { get; init; }

    public required MemoryPlan Memory { get; init; }

    /// <summary>Null: blocks are kept in memory alone.</summary>
    public BlockStoreOptions? Store { get; init; }

    public int Connections { get; init; }

    /// <summary>How long a read tries for its bytes before it fails.</summary>
    public TimeSpan ReadDeadline { get; init; }

    public DateTimeOffset? SnapshotTime { get; init; }

    public bool AllowOther { get; init; }

    /// <summary>Bypass the kernel's page cache.</summary>
    public bool DirectIo { get; init; }

    /// <summary>Let the kernel read a local raw image itself.</summary>
    public bool Passthrough { get; init; }

    /// <summary>Null: whoever mounts.</summary>
    public uint? Uid { get; init; }

    /// <summary>Null: the group of whoever mounts.</summary>
    public uint? Gid { get; init; }

    public PermissionBits FileMode { get; init; }

    public PermissionBits DirectoryMode { get; init; }

    /// <summary>How a pool is read, without the password.</summary>
    public required PoolOptions Pool { get; init; }

    /// <summary>The file with a pool's password; null: it comes from elsewhere.</summary>
    public string? PasswordFile { get; init; }

    /// <summary>Null: nothing was said about TLS.</summary>
    public TlsOptions? Tls { get; init; }

    public required LogOptions Log { get; init; }
}
