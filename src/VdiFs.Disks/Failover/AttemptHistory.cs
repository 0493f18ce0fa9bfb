using System.Globalization;
using System.Text;

namespace VdiFs.Disks.Failover;

/// <summary>
/// What was tried for one read and how it ended: the chain of causes of an error, for log and status. Bounded: the
/// first and the last attempts are kept, equal ones in a row counted.
/// </summary>
internal sealed class AttemptHistory(TimeProvider time)
{
    private const int KeptAtEachEnd = 4;

    private readonly long _start = time.GetTimestamp();
    private readonly List<Attempt> _first = [];
    private readonly Queue<Attempt> _last = new();
    private Attempt? _latest;
    private int _dropped;

    /// <summary>Failed attempts so far.</summary>
    public int Count { get; private set; }

    /// <summary>Time since the read began.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    public void Add(string cause)
    {
        Count++;
        if (_latest is not null && _latest.Cause == cause)
        {
            _latest.Times++;
            return;
        }

        _latest = new Attempt(Elapsed, cause);
        if (_first.Count < KeptAtEachEnd)
        {
            _first.Add(_latest);
            return;
        }

        _last.Enqueue(_latest);
        if (_last.Count > KeptAtEachEnd)
        {
            _dropped += _last.Dequeue().Times;
        }
    }

    /// <summary>All in one line, in order.</summary>
    public override string ToString()
    {
        if (Count == 0)
        {
            return "no attempt has ended";
        }

        var text = new StringBuilder();
        text.AppendJoin("; ", _first);
        if (_dropped > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"; {_dropped} more");
        }

        foreach (Attempt attempt in _last)
        {
            text.Append("; ").Append(attempt);
        }

        return text.ToString();
    }

    private sealed class Attempt(TimeSpan at, string cause)
    {
        public string Cause => cause;

        public int Times { get; set; } = 1;

        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"after {at.TotalSeconds:0.0} s: {cause}{(Times > 1 ? $" ({Times} times)" : "")}");
    }
}
