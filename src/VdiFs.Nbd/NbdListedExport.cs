namespace VdiFs.Nbd;

/// <summary>An export that a server tells of.</summary>
/// <param name="Name">The export name, as a URI or a connection takes it; "" is the default export.</param>
/// <param name="Description">
/// The server's own words, as it sent them (not fit for a terminal unescaped); null when there are none.
/// </param>
/// <param name="Length">Size in bytes, 0 to 2^63 - 1; null when the server has not told it.</param>
public sealed record NbdListedExport(string Name, string? Description, long? Length);
