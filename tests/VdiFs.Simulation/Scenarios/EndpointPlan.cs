namespace VdiFs.Simulation.Scenarios;

/// <summary>One endpoint: how far away it is and when it is ill.</summary>
/// <param name="Latency">One way.</param>
/// <param name="Spells">In order, without overlap.</param>
internal sealed record EndpointPlan(TimeSpan Latency, IReadOnlyList<Spell> Spells)
{
    /// <summary>
    /// Until when it has had one disk only; whoever has met another one there may stay away for ever.
    /// </summary>
    public TimeSpan TrustedUntil
    {
        get
        {
            foreach (Spell spell in Spells)
            {
                if (spell.Kind == FaultKind.Impostor)
                {
                    return spell.Start;
                }
            }

            return TimeSpan.MaxValue;
        }
    }

    /// <summary>Whether it has no fault from one moment to another; the start counts as calm before it.</summary>
    public bool IsWell(TimeSpan from, TimeSpan to)
    {
        foreach (Spell spell in Spells)
        {
            if (spell.Start < to && spell.End > from)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The longest time without a fault between two moments.</summary>
    public TimeSpan LongestWellTime(TimeSpan from, TimeSpan to)
    {
        TimeSpan longest = TimeSpan.Zero;
        TimeSpan wellSince = from;
        foreach (Spell spell in Spells)
        {
            if (spell.Start > to)
            {
                break;
            }

            longest = Max(longest, spell.Start - wellSince);
            wellSince = Max(wellSince, spell.End);
        }

        return Max(longest, to - wellSince);
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
