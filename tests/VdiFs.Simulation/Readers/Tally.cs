namespace VdiFs.Simulation.Readers;

/// <summary>What the readers of a run did.</summary>
internal sealed class Tally
{
    public long Reads { get; set; }

    public long Errors { get; set; }

    public long Cancelled { get; set; }

    public long BytesVerified { get; set; }
}
