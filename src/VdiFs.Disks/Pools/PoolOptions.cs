namespace VdiFs.Disks.Pools;

/// <summary>How a pool is read. Immutable; a value out of its range throws where it is set.</summary>
public sealed record PoolOptions
{
    /// <summary>Most connections to one host: what xapi-nbd allows in all, to every client together.</summary>
    public const int MaximumHostConnections = 16;

    /// <summary>The password of the user whom the source names; null where there is none to send.</summary>
    public PoolPassword? Password { get; init; }

    /// <summary>
    /// Whether a snapshot is taken when a disk that a VM writes to is opened, and destroyed after its last use.
    /// </summary>
    public bool AutoSnapshot { get; init; }

    /// <summary>
    /// Whether disks that a VM writes to are read as they are, without any consistency. <see cref="AutoSnapshot"/> goes
    /// before it.
    /// </summary>
    public bool LiveDisks { get; init; }

    /// <summary>
    /// Name or uuid of the one network that disks are read over; null: the pool's backup network
    /// (other_config xo:backupNetwork), else every network that allows NBD.
    /// </summary>
    public string? Network { get; init; }

    /// <summary>
    /// Connections to one host at most, over all disks, 1 to 16. A host takes 16 in all, from every client together.
    /// </summary>
    public int HostConnections
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(HostConnections));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaximumHostConnections, nameof(HostConnections));
            field = value;
        }
    } = 4;

    /// <summary>
    /// After so long without a read a disk's connections are closed, and its own snapshot is destroyed: while they are
    /// there nobody can destroy the VDI. 1 s to 1 day.
    /// </summary>
    public TimeSpan IdleTimeout
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromSeconds(1), nameof(IdleTimeout));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(1), nameof(IdleTimeout));
            field = value;
        }
    } = TimeSpan.FromSeconds(30);

    /// <summary>Where allocation maps of snapshots are kept; null: they are not.</summary>
    public string? MapDirectory { get; init; }

    /// <summary>Where the note about this mount's session lies while it lives; null: none is written.</summary>
    public string? RuntimeDirectory { get; init; }

    /// <summary>Where certificates of pools are noted when first seen; null: they must be trusted otherwise.</summary>
    public string? PinFile { get; init; }

    /// <summary>
    /// Whether an NBD server may show another certificate than XAPI says it has: xapi-nbd goes on with the old one
    /// until it is restarted. The connection is then encrypted, but the server is not proven to be the right one.
    /// </summary>
    public bool TrustStaleCertificates { get; init; }
}
