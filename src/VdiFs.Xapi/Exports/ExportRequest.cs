using VdiFs.Xapi.Model;

namespace VdiFs.Xapi.Exports;

/// <summary>Which VDI's allocation to read, and how.</summary>
public sealed record ExportRequest
{
    /// <summary>The VDI.</summary>
    public required OpaqueRef Vdi { get; init; }

    /// <summary>The format to ask for.</summary>
    public required ExportFormat Format { get; init; }

    /// <summary>The VDI's virtual size. An export of another size is refused.</summary>
    public required long VirtualSizeBytes { get; init; }

    /// <summary>The host to ask first, an address without brackets; null for the coordinator.</summary>
    public string? HostAddress { get; init; }

    /// <summary>
    /// Longest time for all of it. dom0 may need minutes to attach the VDI, and a raw-backed one is read in full by the
    /// host before the first byte of a table comes.
    /// </summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMinutes(10);
}
