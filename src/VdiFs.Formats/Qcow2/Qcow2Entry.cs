namespace VdiFs.Formats.Qcow2;

/// <summary>The bits of an entry of an L1 or L2 table (docs/interop/qcow2.txt, Cluster mapping).</summary>
internal static class Qcow2Entry
{
    /// <summary>QCOW_OFLAG_COPIED: the refcount of what the entry names is exactly 1.</summary>
    internal const ulong Copied = 1UL << 63;

    /// <summary>QCOW_OFLAG_COMPRESSED, in L2: the rest of the entry is of another kind.</summary>
    internal const ulong Compressed = 1UL << 62;

    /// <summary>QCOW_OFLAG_ZERO, in L2: the cluster reads as zeros, whether or not it has a place.</summary>
    internal const ulong Zero = 1;

    /// <summary>Bits 9 to 55: where in the file.</summary>
    internal const ulong OffsetMask = 0x00FF_FFFF_FFFF_FE00;
}
