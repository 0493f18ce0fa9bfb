namespace VdiFs.Pool.Faults;

/// <summary>What goes wrong in the whole pool. Each may be set at any time; nothing is wrong at first.</summary>
public sealed class PoolFaults
{
    /// <summary>How long a wrong password waits for its answer; the real one's is the default.</summary>
    public TimeSpan WrongPasswordDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Time that every call takes to answer after it was done.</summary>
    public TimeSpan RpcLatency { get; set; }

    /// <summary>Calls that a client (User-Agent and address) may make at once; 0 for no limit.</summary>
    public int RateLimitBurst { get; set; }

    /// <summary>How long a call beyond that waits for its turn: calls are delayed, never refused.</summary>
    public TimeSpan RateLimitDelay { get; set; }

    /// <summary>
    /// The error of every call, in the broken shape of a host that boots or is in emergency: an array instead of an
    /// object, id 0. HOST_STILL_BOOTING for instance.
    /// </summary>
    public string? EmergencyError { get; set; }

    /// <summary>Every floating-point number of an answer is the bare word Infinity, which is no JSON.</summary>
    public bool BareInfinity { get; set; }

    /// <summary>event.from answers every token but the empty one with EVENT_FROM_TOKEN_PARSE_FAILURE.</summary>
    public bool RefuseEventTokens { get; set; }

    /// <summary>An export answers this status instead of 200.</summary>
    public int? ExportStatus { get; set; }

    /// <summary>Code and parameters with which an export fails after its header.</summary>
    public IReadOnlyList<string>? ExportError { get; set; }

    /// <summary>Body offset at which that failure, or INTERNAL_ERROR, shows as a second HTTP reply.</summary>
    public long? ExportErrorAt { get; set; }

    /// <summary>Body offset at which an export ends as if it were whole.</summary>
    public long? ExportTruncateAt { get; set; }

    /// <summary>Body offset from which an export is noise.</summary>
    public long? ExportNoiseAt { get; set; }

    /// <summary>
    /// An export that must read the whole disk, of a size that is no multiple of 2 MiB, fails at the last 2 MiB.
    /// </summary>
    public bool ExportFailsOnOddSize { get; set; }

    /// <summary>The JSON-RPC method that is done, and whose answers never arrive: the connection breaks.</summary>
    public string? LostAnswersTo { get; set; }

    /// <summary>How long a disk stays attached to dom0 after an export or NBD connection ended.</summary>
    public TimeSpan DetachDelay { get; set; }
}
