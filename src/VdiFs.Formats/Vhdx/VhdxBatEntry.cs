namespace VdiFs.Formats.Vhdx;

/// <summary>An entry of the block allocation table ([MS-VHDX] 2.5.1).</summary>
/// <param name="Value">As it is in the file.</param>
internal readonly record struct VhdxBatEntry(ulong Value)
{
    internal const int Size = sizeof(ulong);

    private const int OffsetShift = 20;
    private const ulong StateMask = 7;

    // FileOffsetMB has 44 bits.
    private const ulong OffsetMask = ulong.MaxValue << OffsetShift;

    /// <summary>What the block is.</summary>
    internal VhdxBlockState State => (VhdxBlockState)(Value & StateMask);

    /// <summary>Where it is in the file: a number that the file makes up.</summary>
    internal ulong FileOffset => Value & OffsetMask;

    /// <summary>The bits between, which are 0.</summary>
    internal ulong Reserved => Value & ~OffsetMask & ~StateMask;

    /// <summary>The block is in the file.</summary>
    internal bool IsStored => State is VhdxBlockState.Present or VhdxBlockState.PartiallyPresent;

    /// <summary>The entry of a block at a multiple of 1 MiB.</summary>
    internal static VhdxBatEntry Of(VhdxBlockState state, long fileOffset) => new((ulong)fileOffset | (ulong)state);
}
