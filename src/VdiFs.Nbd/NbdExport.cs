namespace VdiFs.Nbd;

/// <summary>What a server says of one export. Immutable.</summary>
public sealed class NbdExport
{
    /// <summary>The export name that was asked for; "" is the default export.</summary>
    public required string Name { get; init; }

    /// <summary>The server's own name of the export (NBD_INFO_NAME); null when it gives none.</summary>
    public string? CanonicalName { get; init; }

    /// <summary>The server's own words, as it sent them; null when there are none.</summary>
    public string? Description { get; init; }

    /// <summary>Size in bytes, 0 to 2^63 - 1.</summary>
    public required long Length { get; init; }

    /// <summary>What the export can do.</summary>
    public required NbdTransmissionFlags TransmissionFlags { get; init; }

    /// <summary>
    /// Requests are multiples of this many bytes, a power of two up to 65,536; the client widens others itself. Only
    /// the end of an export that is no multiple of it is asked for as it is.
    /// </summary>
    public required int MinimumBlockSize { get; init; }

    /// <summary>
    /// Requests of multiples of this many bytes cost the server least; a power of two,
    /// at least <see cref="MinimumBlockSize"/>.
    /// </summary>
    public required int PreferredBlockSize { get; init; }

    /// <summary>
    /// Bytes that one request may ask for, a multiple of <see cref="MinimumBlockSize"/>;
    /// the client splits longer reads.
    /// </summary>
    public required int MaximumPayload { get; init; }

    /// <summary>Whether replies come in chunks, which can carry holes and late errors.</summary>
    public required bool HasStructuredReplies { get; init; }

    /// <summary>
    /// Whether the server tells which ranges are holes or zero (metadata context <c>base:allocation</c>).
    /// </summary>
    public required bool HasBaseAllocation { get; init; }

    /// <summary>Whether several connections are safe to use at once (NBD_FLAG_CAN_MULTI_CONN).</summary>
    public bool CanMultiConnect => (TransmissionFlags & NbdTransmissionFlags.CanMultiConn) != 0;
}
