namespace VdiFs.Chaos;

/// <summary>The default size of a scenario.</summary>
/// <param name="FullRounds">Faults (or what the scenario calls a round) in a full run.</param>
/// <param name="QuickRounds">The same in a quick run.</param>
/// <param name="FullSizeBytes">The disk of a full run.</param>
internal readonly record struct Extent(int FullRounds, int QuickRounds, long FullSizeBytes = 4L << 30)
{
    public const long QuickSizeBytes = 64L << 20;
}
