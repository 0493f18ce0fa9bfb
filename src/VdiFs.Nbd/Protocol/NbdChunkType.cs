namespace VdiFs.Nbd.Protocol;

/// <summary>Structured reply types (proto.md, "Structured reply types"). Bit 15 marks an error.</summary>
internal enum NbdChunkType : ushort
{
    /// <summary>NBD_REPLY_TYPE_NONE</summary>
    None = 0,

    /// <summary>NBD_REPLY_TYPE_OFFSET_DATA</summary>
    OffsetData = 1,

    /// <summary>NBD_REPLY_TYPE_OFFSET_HOLE</summary>
    OffsetHole = 2,

    /// <summary>NBD_REPLY_TYPE_BLOCK_STATUS</summary>
    BlockStatus = 5,

    /// <summary>NBD_REPLY_TYPE_ERROR</summary>
    Error = 0x8001,

    /// <summary>NBD_REPLY_TYPE_ERROR_OFFSET</summary>
    ErrorOffset = 0x8002,
}
