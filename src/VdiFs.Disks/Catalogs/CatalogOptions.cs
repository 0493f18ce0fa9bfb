using VdiFs.Disks.Pools;
using VdiFs.Disks.Store;

namespace VdiFs.Disks.Catalogs;

/// <summary>How a source is looked at.</summary>
public sealed record CatalogOptions
{
    /// <summary>Connections per disk to a server that allows several, 1 to 16.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>How long a read tries for its bytes before it fails, 1 s to 1 day.</summary>
    public TimeSpan ReadDeadline { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// What the user says about TLS; null for nothing. Given for a source without TLS it is an error.
    /// </summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>The time the disks are to bear; null: a local image's own, else the time of the mount.</summary>
    public DateTimeOffset? SnapshotTime { get; init; }

    /// <summary>How a pool is read; null for a source that is none.</summary>
    public PoolOptions? Pool { get; init; }

    /// <summary>Where blocks of disks that never change are kept from mount to mount; null: nowhere. Not owned.</summary>
    public BlockStore? Store { get; init; }

    /// <summary>The time of the mount.</summary>
    public required DateTimeOffset MountTime { get; init; }
}
