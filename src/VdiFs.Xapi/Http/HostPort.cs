namespace VdiFs.Xapi.Http;

/// <summary>Where a host of the pool listens.</summary>
/// <param name="Host">Name or address, without brackets.</param>
/// <param name="Port">TCP port.</param>
internal readonly record struct HostPort(string Host, int Port)
{
    /// <inheritdoc/>
    public override string ToString() =>
        Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";

    /// <summary>The URI of a path on it.</summary>
    public Uri Uri(string pathAndQuery) => new($"https://{this}{pathAndQuery}");
}
