namespace VdiFs.Tree;

/// <summary>What lies in a directory at one time. Immutable.</summary>
internal sealed class DirectoryListing
{
    // Below this a search from front to back is as fast, and 60,000 directories of five files need no table each.
    private const int TableFrom = 9;

    private readonly NamedNode[] _entries;
    private readonly Dictionary<string, Node>? _byName;

    /// <param name="entries">By rising position, names and keys unique.</param>
    /// <param name="nextPosition">Above all positions that entries have or ever had.</param>
    public DirectoryListing(NamedNode[] entries, long nextPosition)
    {
        _entries = entries;
        NextPosition = nextPosition;
        DirectoryCount = entries.Count(entry => entry.Node is DirectoryNode);
        _byName = entries.Length < TableFrom
            ? null
            : entries.ToDictionary(entry => entry.Name, entry => entry.Node, StringComparer.Ordinal);
    }

    public static DirectoryListing Empty { get; } = new([], nextPosition: 0);

    public IReadOnlyList<NamedNode> Entries => _entries;

    /// <summary>How many entries are directories.</summary>
    public int DirectoryCount { get; }

    /// <summary>The position of the next entry that appears.</summary>
    public long NextPosition { get; }

    public Node? Find(string name) =>
        _byName is not null ? _byName.GetValueOrDefault(name) : Array.Find(_entries, entry => entry.Name == name).Node;

    /// <summary>The entries from a position on.</summary>
    public IEnumerable<NamedNode> From(long position)
    {
        for (int index = IndexOf(position); index < _entries.Length; index++)
        {
            yield return _entries[index];
        }
    }

    private int IndexOf(long position)
    {
        int low = 0;
        int high = _entries.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_entries[middle].Position < position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
