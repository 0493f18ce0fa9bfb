namespace VdiFs.Simulation.Scenarios;

/// <summary>One reader.</summary>
/// <param name="Walk">Where it goes.</param>
/// <param name="Reads">How many reads it does.</param>
/// <param name="MeanPause">The mean time between two reads.</param>
/// <param name="LongestRead">Bytes at most.</param>
/// <param name="CancelRate">Share of its reads that it gives up, from 0 to 1.</param>
internal sealed record ReaderPlan(Walk Walk, int Reads, TimeSpan MeanPause, int LongestRead, double CancelRate);
