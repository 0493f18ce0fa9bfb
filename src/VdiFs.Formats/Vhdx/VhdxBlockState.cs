namespace VdiFs.Formats.Vhdx;

/// <summary>The state in an entry of the block allocation table ([MS-VHDX] 2.5.1.1, 2.5.1.2).</summary>
internal enum VhdxBlockState
{
    /// <summary>PAYLOAD_BLOCK_NOT_PRESENT, SB_BLOCK_NOT_PRESENT. In a differencing image: see the parent.</summary>
    NotPresent = 0,

    /// <summary>PAYLOAD_BLOCK_UNDEFINED.</summary>
    Undefined = 1,

    /// <summary>PAYLOAD_BLOCK_ZERO.</summary>
    Zero = 2,

    /// <summary>PAYLOAD_BLOCK_UNMAPPED.</summary>
    Unmapped = 3,

    /// <summary>PAYLOAD_BLOCK_FULLY_PRESENT, SB_BLOCK_PRESENT.</summary>
    Present = 6,

    /// <summary>PAYLOAD_BLOCK_PARTIALLY_PRESENT: the sector bitmap says which sectors.</summary>
    PartiallyPresent = 7,
}
