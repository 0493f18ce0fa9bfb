namespace VdiFs.Tests.Nbd.Faults;

/// <summary>Where a connection ends: after so many bytes of one direction, in order or by reset.</summary>
/// <param name="OfServer">Whether the server's bytes are counted; else the client's.</param>
/// <param name="After">Bytes that still pass.</param>
/// <param name="ByReset">RST; else FIN.</param>
internal sealed record Cut(bool OfServer, long After, bool ByReset);
