namespace VdiFs.Reliability;

/// <summary>Something users may rely on, and what shows it.</summary>
/// <param name="Text">The promise, as the page says it.</param>
/// <param name="Proofs">Names of the proofs behind it; none when it is not proved by figures.</param>
/// <param name="Remark">What the proofs leave open, or what holds the promise in their place; "" for nothing.</param>
internal sealed record Promise(string Text, IReadOnlyList<string> Proofs, string Remark = "");
