namespace VdiFs.Disks.Failover;

/// <summary>What is known of one of a disk's servers.</summary>
public enum EndpointState
{
    /// <summary>Not needed so far, or lost and not needed since.</summary>
    Idle,

    /// <summary>A connection is being made.</summary>
    Connecting,

    /// <summary>It delivers.</summary>
    Connected,

    /// <summary>It failed and is left alone for a moment.</summary>
    Waiting,

    /// <summary>It has another disk now and is never used again.</summary>
    Refused,
}
