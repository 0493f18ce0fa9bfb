namespace VdiFs.Nbd.Protocol;

/// <summary>Request types that a reader sends (proto.md, "Request types").</summary>
internal enum NbdCommand : ushort
{
    /// <summary>NBD_CMD_READ</summary>
    Read = 0,

    /// <summary>NBD_CMD_DISC</summary>
    Disconnect = 2,

    /// <summary>NBD_CMD_BLOCK_STATUS</summary>
    BlockStatus = 7,
}
