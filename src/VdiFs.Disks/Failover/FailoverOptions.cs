using VdiFs.Disks.Slots;

namespace VdiFs.Disks.Failover;

/// <summary>How long and how hard a disk behind servers is asked for bytes. Immutable.</summary>
public sealed record FailoverOptions
{
    // A directory that names servers again is noticed so soon, however long one server is waited for.
    private static readonly TimeSpan LongestAskingPause = TimeSpan.FromSeconds(2);

    /// <summary>The longest one read may take, whatever happens meanwhile; then it fails. 1 s to 1 day.</summary>
    public TimeSpan ReadDeadline
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.FromSeconds(1), nameof(ReadDeadline));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, TimeSpan.FromDays(1), nameof(ReadDeadline));
            field = value;
        }
    } = TimeSpan.FromMinutes(5);

    /// <summary>After so long without an answer a read is tried elsewhere as well; the first may still win.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// A connection that owes replies and sent none for so long is given up. Well above
    /// <see cref="AttemptTimeout"/>: a slow server that answers after a minute is slow, not dead.
    /// </summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(75);

    /// <summary>When connecting to one server takes so long, the next is tried beside it.</summary>
    public TimeSpan ConnectStagger { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Whether reads may be spread over several servers at once. Not those of a disk that changes meanwhile: what two
    /// servers tell of it could differ.
    /// </summary>
    internal bool Spreads { get; init; } = true;

    /// <summary>
    /// A server that owes so many bytes has enough to do; when all that are connected have had, on average and for as
    /// long as <see cref="SaturatedFor"/>, a further one is connected and reads are spread over all. More than a
    /// reader of single blocks ever asks for: he is served no sooner by another server.
    /// </summary>
    public long SaturatedBytes { get; init; } = 4 << 20;

    /// <summary>How long, see <see cref="SaturatedBytes"/>: longer than a burst that a quick server makes short work
    /// of.</summary>
    public TimeSpan SaturatedFor { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>Limit of the first pause before a server is tried again; it doubles with each failure.</summary>
    public TimeSpan BackoffFloor { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Limit of the pauses between attempts.</summary>
    public TimeSpan BackoffCeiling { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often a server's own error for a range (EIO and its like) is believed to pass before the range counts as
    /// bad, each server having been asked at least once.
    /// </summary>
    public int ServerErrorAttempts { get; init; } = 8;

    /// <summary>
    /// When nobody has read for so long, the connections are closed; the next read opens them again. Null: never. A
    /// connection to a XenServer host is a disk attached to its control domain, which blocks others.
    /// </summary>
    public TimeSpan? IdleTimeout
    {
        get;
        init
        {
            if (value is { } time)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.FromMilliseconds(1), nameof(IdleTimeout));
                ArgumentOutOfRangeException.ThrowIfGreaterThan(time, TimeSpan.FromDays(1), nameof(IdleTimeout));
            }

            field = value;
        }
    }

    /// <summary>How long nothing is asked again about which servers have the disk.</summary>
    public TimeSpan DirectoryInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long finding out which servers have the disk may take; then those known are tried.</summary>
    public TimeSpan DirectoryTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The budget of connections to each host, shared with other disks; null: there is none. Not owned.
    /// </summary>
    internal HostSlots? HostSlots { get; init; }

    /// <summary>Second attempts under way at once for one disk; each needs memory of its own, up to 1 MiB.</summary>
    public int SecondAttempts { get; init; } = 4;

    /// <summary>
    /// Places for the second attempts of all disks with this one: bounds their memory however many disks there are;
    /// null: each disk has its own limit only. Not owned.
    /// </summary>
    public SemaphoreSlim? SecondAttemptsOfAll { get; init; }

    /// <summary>The clock of all limits and pauses.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Chooses servers, spreads pauses, picks witnesses; must be thread-safe.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>How long nothing is done while there is no server to connect to.</summary>
    internal TimeSpan AskingPause => Least(ConnectStagger, LongestAskingPause);

    /// <summary>
    /// The same, with patience and pauses that fit the deadline: a dead connection is given up in time to go elsewhere,
    /// and a server that is back is found by a read that starts then.
    /// </summary>
    internal FailoverOptions FitToDeadline() => this with
    {
        AttemptTimeout = Least(AttemptTimeout, ReadDeadline / 4),
        SilenceLimit = Least(SilenceLimit, ReadDeadline / 2),
        BackoffCeiling = Least(BackoffCeiling, ReadDeadline / 4),
        ConnectStagger = Least(ConnectStagger, ReadDeadline / 4),
    };

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
