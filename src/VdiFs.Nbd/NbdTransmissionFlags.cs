namespace VdiFs.Nbd;

/// <summary>
/// What an export can do (proto.md, "Transmission flags"). Bits that are not named here are kept and ignored.
/// </summary>
[Flags]
public enum NbdTransmissionFlags
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>NBD_FLAG_HAS_FLAGS: the other bits mean something.</summary>
    HasFlags = 1 << 0,

    /// <summary>NBD_FLAG_READ_ONLY: the server refuses writes.</summary>
    ReadOnly = 1 << 1,

    /// <summary>NBD_FLAG_SEND_FLUSH.</summary>
    SendFlush = 1 << 2,

    /// <summary>NBD_FLAG_SEND_FUA.</summary>
    SendFua = 1 << 3,

    /// <summary>NBD_FLAG_ROTATIONAL: seeks cost time.</summary>
    Rotational = 1 << 4,

    /// <summary>NBD_FLAG_SEND_TRIM.</summary>
    SendTrim = 1 << 5,

    /// <summary>NBD_FLAG_SEND_WRITE_ZEROES.</summary>
    SendWriteZeroes = 1 << 6,

    /// <summary>NBD_FLAG_SEND_DF: reads can be asked for in one chunk.</summary>
    SendDontFragment = 1 << 7,

    /// <summary>NBD_FLAG_CAN_MULTI_CONN: several connections see the same bytes.</summary>
    CanMultiConn = 1 << 8,

    /// <summary>NBD_FLAG_SEND_RESIZE, an extension.</summary>
    SendResize = 1 << 9,

    /// <summary>NBD_FLAG_SEND_CACHE.</summary>
    SendCache = 1 << 10,

    /// <summary>NBD_FLAG_SEND_FAST_ZERO.</summary>
    SendFastZero = 1 << 11,
}
