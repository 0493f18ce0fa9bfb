namespace VdiFs.Simulation.Scheduling;

/// <summary>Why an event loop ended.</summary>
internal enum LoopEnd
{
    /// <summary>The scenario is over.</summary>
    Over,

    /// <summary>Nothing is planned and nothing runs, but the scenario is not over: somebody waits for ever.</summary>
    NothingLeft,

    /// <summary>One event caused work without end.</summary>
    Endless,
}
