namespace VdiFs.Nbd.Protocol;

/// <summary>Structured reply flags (proto.md); bits that are not named here are ignored.</summary>
[Flags]
internal enum NbdChunkFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>NBD_REPLY_FLAG_DONE: the last chunk of its reply.</summary>
    Done = 1,
}
