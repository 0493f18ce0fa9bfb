namespace VdiFs.Nbd.Protocol;

/// <summary>Kinds of NBD_REP_INFO (proto.md, "NBD_REP_INFO").</summary>
internal enum NbdInfo : ushort
{
    /// <summary>NBD_INFO_EXPORT</summary>
    Export = 0,

    /// <summary>NBD_INFO_NAME</summary>
    Name = 1,

    /// <summary>NBD_INFO_DESCRIPTION</summary>
    Description = 2,

    /// <summary>NBD_INFO_BLOCK_SIZE</summary>
    BlockSize = 3,
}
