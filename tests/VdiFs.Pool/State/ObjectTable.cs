namespace VdiFs.Pool.State;

/// <summary>All objects of one class, and what was deleted lately.</summary>
internal sealed class ObjectTable
{
    // As in xapi (ocaml/database/db_cache_types.ml): beyond 512 remembered deletions the older ones are dropped, down
    // to 256. A client that slept longer must notice by valid_ref_counts.
    private const int MostDeletions = 512;
    private const int KeptDeletions = 256;

    private readonly Dictionary<string, XapiObject> _objects = new(StringComparer.Ordinal);
    private readonly List<Deletion> _deletions = [];

    public IReadOnlyCollection<XapiObject> Objects => _objects.Values;

    public IReadOnlyList<Deletion> Deletions => _deletions;

    public int Count => _objects.Count;

    public void Add(XapiObject one) => _objects.Add(one.Ref, one);

    public void ForgetDeletions() => _deletions.Clear();

    public void Remove(XapiObject one, long generation)
    {
        _objects.Remove(one.Ref);
        _deletions.Add(new Deletion(one.Ref, one.CreatedAt, generation));
        if (_deletions.Count > MostDeletions)
        {
            _deletions.RemoveRange(0, _deletions.Count - KeptDeletions);
        }
    }
}
