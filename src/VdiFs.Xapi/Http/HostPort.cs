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
    /// <exception cref="XapiException">Protocol: the pool said that a host is there, but nothing can be.</exception>
    public Uri Uri(string pathAndQuery) => System.Uri.CheckHostName(Host) != UriHostNameType.Unknown
        ? new Uri($"https://{this}{pathAndQuery}")
        : throw new XapiException(
            XapiErrorKind.Protocol,
            $"the pool leads to what is no name or address of a host: {ServerText.Shown(Host)}");
}
