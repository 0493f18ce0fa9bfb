namespace VdiFs.Nbd.Protocol;

/// <summary>
/// Handshake flags of the server; the client flags are the same two bits (proto.md, "Handshake flags").
/// </summary>
[Flags]
internal enum NbdHandshakeFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>NBD_FLAG_FIXED_NEWSTYLE</summary>
    FixedNewstyle = 1,

    /// <summary>NBD_FLAG_NO_ZEROES</summary>
    NoZeroes = 2,
}
