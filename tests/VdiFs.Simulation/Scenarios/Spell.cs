namespace VdiFs.Simulation.Scenarios;

/// <summary>A time during which an endpoint has a fault.</summary>
/// <param name="Kind">The fault.</param>
/// <param name="Start">Since the start of the scenario.</param>
/// <param name="End">Since the start of the scenario; the endpoint is well again from here on.</param>
/// <param name="Severity">How often the fault shows, from 0 (exclusive) to 1.</param>
internal readonly record struct Spell(FaultKind Kind, TimeSpan Start, TimeSpan End, double Severity);
