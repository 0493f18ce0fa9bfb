namespace VdiFs.Simulation.Scenarios;

/// <summary>The order in which a reader reads a disk.</summary>
internal enum Walk
{
    /// <summary>From start to end, and again.</summary>
    Sequential,

    /// <summary>Anywhere.</summary>
    Random,

    /// <summary>Around one place that all readers of this kind share.</summary>
    Overlapping,
}
