using System.Collections.Concurrent;
using VdiFs.Proofs;

namespace VdiFs.Chaos;

/// <summary>What one run counts; safe for several threads.</summary>
internal sealed class Tally
{
    private const int ProblemsKept = 40;
    private readonly ConcurrentQueue<string> _problems = new();
    private long _faults;
    private long _reads;
    private long _bytesVerified;
    private long _wrong;
    private long _hangs;
    private long _leaks;

    public long Faults => Interlocked.Read(ref _faults);

    /// <summary>Reads of this program and whole copies of the tools.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    public long BytesVerified => Interlocked.Read(ref _bytesVerified);

    /// <summary>Pages, or files when no page can be named, that were not what belongs there.</summary>
    public long Wrong => Interlocked.Read(ref _wrong);

    public long Hangs => Interlocked.Read(ref _hangs);

    public long Leaks => Interlocked.Read(ref _leaks);

    /// <summary>Figures of this scenario alone.</summary>
    public ConcurrentDictionary<string, long> Detail { get; } = new(StringComparer.Ordinal);

    public IReadOnlyCollection<string> Problems => _problems;

    public bool Passed => Wrong == 0 && Hangs == 0 && Leaks == 0 && _problems.IsEmpty;

    public void Fault(long count = 1) => Interlocked.Add(ref _faults, count);

    public void Read(long bytesVerified)
    {
        Interlocked.Increment(ref _reads);
        Interlocked.Add(ref _bytesVerified, bytesVerified);
    }

    public void WrongBytes(long count, string words)
    {
        Interlocked.Add(ref _wrong, count);
        Problem($"WRONG BYTES: {words}");
    }

    public void Hang(string words)
    {
        Interlocked.Increment(ref _hangs);
        Problem($"HANG: {words}");
    }

    public void Leak(string words)
    {
        Interlocked.Increment(ref _leaks);
        Problem($"LEAK: {words}");
    }

    /// <summary>Anything else that must not be.</summary>
    public void Problem(string words)
    {
        if (_problems.Count < ProblemsKept)
        {
            _problems.Enqueue(words);
        }
    }

    /// <summary>
    /// Hands the counts over; a run that failed without a wrong byte, a hang or a leak says so in its detail.
    /// </summary>
    public void WriteTo(ProofLine proof)
    {
        proof.Faults = Faults;
        proof.Reads = Reads;
        proof.BytesVerified = BytesVerified;
        proof.Wrong = Wrong;
        proof.Hangs = Hangs;
        proof.Leaks = Leaks;
        proof.Detail("failures", _problems.Count);
        foreach ((string name, long value) in Detail.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            proof.Detail(name, value);
        }

        proof.Write();
    }

    public void Count(string name, long count = 1) => Detail.AddOrUpdate(name, count, (_, before) => before + count);

    public void Most(string name, long value) =>
        Detail.AddOrUpdate(name, value, (_, before) => Math.Max(before, value));
}
