namespace VdiFs.Nbd.Handshake;

/// <summary>What the handshake leaves to transmission.</summary>
/// <param name="Export">The export.</param>
/// <param name="AllocationContext">
/// Id of <c>base:allocation</c> on this connection; null when it was not negotiated.
/// </param>
/// <param name="Name">The name that was asked for; hides its secret in what the server says.</param>
internal sealed record HandshakeResult(NbdExport Export, uint? AllocationContext, ExportName Name);
