namespace VdiFs.Disks.Failover;

/// <summary>One of a disk's servers, as it is now.</summary>
/// <param name="Address">Its URI, without secrets.</param>
/// <param name="State">What is known of it.</param>
/// <param name="Connections">Open connections.</param>
/// <param name="TimesConnected">How often it was connected to.</param>
/// <param name="FailuresInARow">Failures since it last delivered.</param>
/// <param name="LastFailure">The latest failure's own words; null if there was none.</param>
public sealed record EndpointStatus(
    string Address,
    EndpointState State,
    int Connections,
    int TimesConnected,
    int FailuresInARow,
    string? LastFailure);
