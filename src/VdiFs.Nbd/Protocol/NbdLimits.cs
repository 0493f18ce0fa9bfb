namespace VdiFs.Nbd.Protocol;

/// <summary>
/// What a server may make the client hold. Every length is compared with one of these before it is believed.
/// </summary>
internal static class NbdLimits
{
    /// <summary>Longest string of the protocol, in bytes (proto.md, "NBD strings").</summary>
    public const int StringBytes = 4096;

    /// <summary>
    /// Longest reply to an option. The longest known one, NBD_REP_SERVER, has two strings; the rest is room for kinds
    /// of NBD_REP_INFO that do not exist yet and are skipped.
    /// </summary>
    public const int OptionReplyBytes = 64 * 1024;

    /// <summary>Replies to one INFO, GO or META_CONTEXT option; honest servers send fewer than ten.</summary>
    public const int RepliesPerOption = 64;

    /// <summary>Exports that one NBD_OPT_LIST may name.</summary>
    public const int ListedExports = 65_536;

    /// <summary>Bytes of names and descriptions in one listing: 128 for each export, or longer ones of fewer.</summary>
    public const int ListedBytes = 8 * 1024 * 1024;

    /// <summary>Largest payload of a READ; what clients are told to stay below when no maximum is advertised.</summary>
    public const int ReadBytes = 32 * 1024 * 1024;

    /// <summary>Largest minimum block size (proto.md, "Size constraints").</summary>
    public const int MinimumBlockBytes = 64 * 1024;

    /// <summary>
    /// Bytes asked about by one BLOCK_STATUS: far below the 32 bits of its length,
    /// and a multiple of every minimum block size.
    /// </summary>
    public const long BlockStatusBytes = 1L << 31;

    /// <summary>Extents in one BLOCK_STATUS chunk: what nbdkit sends at most, and eight times qemu's limit.</summary>
    public const int ExtentsPerChunk = 1 << 20;

    /// <summary>
    /// Payload of an error chunk: two lengths, a message, and fields of error types that do not exist yet.
    /// </summary>
    public const int ErrorChunkBytes = 6 + StringBytes + 64;

    /// <summary>
    /// Error chunks in one reply; each covers at least one byte of the range when honest, but need not end.
    /// </summary>
    public const int ErrorChunksPerReply = 1024;

    /// <summary>Separate pieces of a reply that have not grown together yet; chunks in order need one.</summary>
    public const int PiecesPerReply = 16_384;
}
