namespace VdiFs.Disks.Slots;

/// <summary>
/// One disk's connections to one host, as those see them that wait for one. Thread-safe; called without any lock.
/// </summary>
internal interface ISlotUser
{
    /// <summary>How long nobody has read the disk.</summary>
    TimeSpan IdleFor { get; }

    /// <summary>How long it has been connected; null while it is not, or only just connecting.</summary>
    TimeSpan? ConnectedFor { get; }

    /// <summary>Whether a read has got its bytes since.</summary>
    bool HasDelivered { get; }

    /// <summary>Whether the disk is connected to another host and goes on without this one.</summary>
    bool IsSpare { get; }

    /// <summary>Closes one of several connections soon; false when it has but one, or none.</summary>
    bool TryGiveUpConnection();

    /// <summary>Closes all connections; false when there is none. Reads under way are asked again.</summary>
    bool TryStandDown();
}
