using System.Collections.Immutable;

namespace VdiFs.Xapi.Model;

/// <summary>
/// What a pool had at one moment. Immutable; the next moment is another object that shares most of this one.
/// </summary>
public sealed record PoolDatabase
{
    /// <summary>A pool of which nothing is known yet.</summary>
    public static PoolDatabase Empty { get; } = new();

    /// <summary>
    /// Another number whenever something may have happened in the pool and passed unseen: after a reload, and after a
    /// silence that was too long. While it is the same, every change was in one of these databases.
    /// </summary>
    public long Continuity { get; init; }

    /// <summary>The pool itself; null before it is known.</summary>
    public PoolRecord? Pool { get; init; }

    /// <summary>Hosts.</summary>
    public ImmutableDictionary<OpaqueRef, HostRecord> Hosts { get; init; } =
        ImmutableDictionary<OpaqueRef, HostRecord>.Empty;

    /// <summary>Records of class host_metrics.</summary>
    public ImmutableDictionary<OpaqueRef, HostMetricsRecord> HostMetrics { get; init; } =
        ImmutableDictionary<OpaqueRef, HostMetricsRecord>.Empty;

    /// <summary>Records of class network.</summary>
    public ImmutableDictionary<OpaqueRef, NetworkRecord> Networks { get; init; } =
        ImmutableDictionary<OpaqueRef, NetworkRecord>.Empty;

    /// <summary>Records of class PIF.</summary>
    public ImmutableDictionary<OpaqueRef, PifRecord> Pifs { get; init; } =
        ImmutableDictionary<OpaqueRef, PifRecord>.Empty;

    /// <summary>Records of class SR.</summary>
    public ImmutableDictionary<OpaqueRef, SrRecord> Srs { get; init; } =
        ImmutableDictionary<OpaqueRef, SrRecord>.Empty;

    /// <summary>Records of class PBD.</summary>
    public ImmutableDictionary<OpaqueRef, PbdRecord> Pbds { get; init; } =
        ImmutableDictionary<OpaqueRef, PbdRecord>.Empty;

    /// <summary>Records of class VDI.</summary>
    public ImmutableDictionary<OpaqueRef, VdiRecord> Vdis { get; init; } =
        ImmutableDictionary<OpaqueRef, VdiRecord>.Empty;

    /// <summary>Records of class VM.</summary>
    public ImmutableDictionary<OpaqueRef, VmRecord> Vms { get; init; } =
        ImmutableDictionary<OpaqueRef, VmRecord>.Empty;

    /// <summary>Records of class VBD.</summary>
    public ImmutableDictionary<OpaqueRef, VbdRecord> Vbds { get; init; } =
        ImmutableDictionary<OpaqueRef, VbdRecord>.Empty;

    /// <summary>Records of class Certificate.</summary>
    public ImmutableDictionary<OpaqueRef, CertificateRecord> Certificates { get; init; } =
        ImmutableDictionary<OpaqueRef, CertificateRecord>.Empty;

    /// <summary>Records of class task.</summary>
    public ImmutableDictionary<OpaqueRef, TaskRecord> Tasks { get; init; } =
        ImmutableDictionary<OpaqueRef, TaskRecord>.Empty;
}
