namespace VdiFs.Nbd.Protocol;

/// <summary>Option reply types (proto.md, "Option reply types"). Bit 31 marks an error.</summary>
internal enum NbdOptionReply : uint
{
    /// <summary>NBD_REP_ACK</summary>
    Ack = 1,

    /// <summary>NBD_REP_SERVER</summary>
    Server = 2,

    /// <summary>NBD_REP_INFO</summary>
    Info = 3,

    /// <summary>NBD_REP_META_CONTEXT</summary>
    MetaContext = 4,

    /// <summary>NBD_REP_ERR_UNSUP</summary>
    ErrorUnsupported = 0x8000_0001,

    /// <summary>NBD_REP_ERR_POLICY</summary>
    ErrorPolicy = 0x8000_0002,

    /// <summary>NBD_REP_ERR_INVALID</summary>
    ErrorInvalid = 0x8000_0003,

    /// <summary>NBD_REP_ERR_PLATFORM</summary>
    ErrorPlatform = 0x8000_0004,

    /// <summary>NBD_REP_ERR_TLS_REQD</summary>
    ErrorTlsRequired = 0x8000_0005,

    /// <summary>NBD_REP_ERR_UNKNOWN</summary>
    ErrorUnknown = 0x8000_0006,

    /// <summary>NBD_REP_ERR_SHUTDOWN</summary>
    ErrorShutdown = 0x8000_0007,

    /// <summary>NBD_REP_ERR_BLOCK_SIZE_REQD</summary>
    ErrorBlockSizeRequired = 0x8000_0008,

    /// <summary>NBD_REP_ERR_TOO_BIG</summary>
    ErrorTooBig = 0x8000_0009,
}
