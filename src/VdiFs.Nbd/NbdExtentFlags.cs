namespace VdiFs.Nbd;

/// <summary>Status flags of <c>base:allocation</c> (proto.md, "Metadata contexts"); unknown bits are dropped.</summary>
[Flags]
public enum NbdExtentFlags
{
    /// <summary>Allocated, and not known to be zero.</summary>
    None = 0,

    /// <summary>NBD_STATE_HOLE: not allocated. Says nothing about the contents.</summary>
    Hole = 1,

    /// <summary>NBD_STATE_ZERO: reads as zeros.</summary>
    Zero = 2,
}
