namespace VdiFs.Tests.Nbd.Faults;

/// <summary>What became of sessions that were cut one after the other.</summary>
internal sealed class CutCount
{
    /// <summary>Sessions that were cut.</summary>
    public long Cuts { get; set; }

    /// <summary>Reads that ended, one way or the other.</summary>
    public long Reads { get; set; }

    /// <summary>Bytes that came, and were the right ones.</summary>
    public long BytesVerified { get; set; }

    /// <summary>The clients, to find out whether something still holds them.</summary>
    public List<WeakReference> Clients { get; } = [];
}
