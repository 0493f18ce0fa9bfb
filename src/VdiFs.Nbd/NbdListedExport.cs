namespace VdiFs.Nbd;

/// <summary>An export that a server tells of.</summary>
/// <param name="Name">The export name, as a URI or a connection takes it; "" is the default export.</param>
/// <param name="Description">
/// The server's own words, as it sent them (not fit for a terminal unescaped); null when there are none.
/// </param>
/// <param name="Details">
/// Size and abilities; null when the server does not tell them before a connection is made.
/// </param>
public sealed record NbdListedExport(string Name, string? Description, NbdExport? Details);
