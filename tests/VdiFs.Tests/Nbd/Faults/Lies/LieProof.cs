using VdiFs.Proofs;

namespace VdiFs.Tests.Nbd.Faults.Lies;

/// <summary>Sums up what the tests of all lies found, and writes it down at their end.</summary>
public sealed class LieProof : IDisposable
{
    private readonly ProofLine _line = new("lies");
    private long _mostAllocated;

    /// <summary>A lie was told and found out.</summary>
    public void Add(long allocated)
    {
        _line.Faults++;
        _line.Reads++;
        _mostAllocated = Math.Max(_mostAllocated, allocated);
    }

    public void Dispose()
    {
        _line.Detail("most_bytes_allocated_by_both_ends", _mostAllocated);
        _line.Write();
    }
}
