using VdiFs.Disks.Failover;

namespace VdiFs.Disks;

/// <summary>How the source of an open disk is now.</summary>
/// <param name="Connections">Open connections to servers; 0 for a local file.</param>
/// <param name="Servers">The servers; empty for a local file.</param>
/// <param name="LastError">The last error that a reader got, with the chain of its causes; null when none did.</param>
/// <param name="Fault">Why nothing of the disk may be read any more; null while that is not so.</param>
public sealed record SourceStatus(
    int Connections, IReadOnlyList<EndpointStatus> Servers, string? LastError, DiskException? Fault)
{
    /// <summary>A local file: nothing comes and goes.</summary>
    public static SourceStatus Local { get; } = new(0, [], null, null);
}
