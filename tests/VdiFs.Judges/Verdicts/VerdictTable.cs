namespace VdiFs.Judges.Verdicts;

/// <summary>All verdicts of a run. Safe for several threads.</summary>
internal sealed class VerdictTable
{
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];

    public void Add(Entry entry)
    {
        lock (_lock)
        {
            _entries.Add(entry);
        }
    }

    /// <summary>What was added so far.</summary>
    public IReadOnlyList<Entry> Entries()
    {
        lock (_lock)
        {
            return [.. _entries];
        }
    }
}
