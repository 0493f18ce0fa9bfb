namespace VdiFs.Xapi.Events;

/// <summary>What event.from says beside the events.</summary>
/// <param name="Token">Where the next call goes on.</param>
/// <param name="Counts">How many objects the pool has, by class in lower case.</param>
internal sealed record EventReply(string Token, IReadOnlyDictionary<string, int> Counts);
