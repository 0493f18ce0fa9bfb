namespace VdiFs.Nbd.Protocol;

/// <summary>The magic numbers of proto.md, all sent big-endian.</summary>
internal static class NbdMagic
{
    /// <summary>"NBDMAGIC", the first eight bytes of every server.</summary>
    public const ulong Init = 0x4e42444d41474943;

    /// <summary>"IHAVEOPT": newstyle negotiation, and the start of each option.</summary>
    public const ulong HaveOption = 0x49484156454f5054;

    /// <summary>cliserv_magic: oldstyle negotiation.</summary>
    public const ulong OldStyle = 0x00420281861253;

    /// <summary>The start of each reply to an option.</summary>
    public const ulong OptionReply = 0x0003e889045565a9;

    /// <summary>NBD_REQUEST_MAGIC.</summary>
    public const uint Request = 0x25609513;

    /// <summary>NBD_SIMPLE_REPLY_MAGIC.</summary>
    public const uint SimpleReply = 0x67446698;

    /// <summary>NBD_STRUCTURED_REPLY_MAGIC.</summary>
    public const uint StructuredReply = 0x668e33ef;
}
