namespace VdiFs.Disks.Slots;

/// <summary>How many connections the disks of a mount have to one host, and how they take turns. Immutable.</summary>
internal sealed record HostSlotOptions
{
    /// <summary>
    /// Connections to one host, 1 to 64. A XenServer host takes 16 from all its clients together, and each is a disk
    /// attached to its control domain; others must have room too.
    /// </summary>
    public int PerHost
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(PerHost));
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, 64, nameof(PerHost));
            field = value;
        }
    } = 4;

    /// <summary>
    /// How long a disk that is being read keeps its connection when others wait: connecting may take seconds, which
    /// must not be most of what a host does.
    /// </summary>
    public TimeSpan Turn { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long nobody must have read a disk until it gives its connection up to one that waits: a reader's moment
    /// between two reads is no idleness.
    /// </summary>
    public TimeSpan IdleGrace { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often those who have a connection are looked at while others wait.</summary>
    public TimeSpan Pulse { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}
