namespace VdiFs.Nbd.Protocol;

/// <summary>Option types (proto.md, "Option types").</summary>
internal enum NbdOption : uint
{
    /// <summary>NBD_OPT_EXPORT_NAME</summary>
    ExportName = 1,

    /// <summary>NBD_OPT_ABORT</summary>
    Abort = 2,

    /// <summary>NBD_OPT_LIST</summary>
    List = 3,

    /// <summary>NBD_OPT_STARTTLS</summary>
    StartTls = 5,

    /// <summary>NBD_OPT_INFO</summary>
    Info = 6,

    /// <summary>NBD_OPT_GO</summary>
    Go = 7,

    /// <summary>NBD_OPT_STRUCTURED_REPLY</summary>
    StructuredReply = 8,

    /// <summary>NBD_OPT_SET_META_CONTEXT</summary>
    SetMetaContext = 10,
}
