namespace VdiFs.Reliability;

/// <summary>A kind of run that leaves lines.</summary>
/// <param name="Name">What its lines call it.</param>
/// <param name="What">What it does, in a line.</param>
/// <param name="Command">What repeats it.</param>
internal sealed record Proof(string Name, string What, string Command);
