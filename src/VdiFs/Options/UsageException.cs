namespace VdiFs.Options;

/// <summary>Options that are each written rightly do not go together. The message is one line with the cure.</summary>
internal sealed class UsageException(string message) : Exception(message);
