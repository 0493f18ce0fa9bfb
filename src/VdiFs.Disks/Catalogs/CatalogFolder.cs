namespace VdiFs.Disks.Catalogs;

/// <summary>
/// A directory of a catalog as it is now. Immutable: when the source changes, the catalog has another root. What lies
/// in it is found out when it is first asked for, which costs the source nothing. Thread-safe.
/// </summary>
public sealed class CatalogFolder
{
    private readonly Lazy<CatalogContent> _content;

    /// <summary>Describes a directory.</summary>
    /// <param name="name">Its name; any text, also empty or the same as a neighbour's.</param>
    /// <param name="key">What it stands for, unique among its neighbours and the same for ever; never shown.</param>
    /// <param name="time">When it was last changed, as users see it.</param>
    /// <param name="read">Tells what lies in it; called once at most.</param>
    public CatalogFolder(string name, string key, DateTimeOffset time, Func<CatalogContent> read)
    {
        Name = name;
        Key = key;
        Time = time;
        _content = new Lazy<CatalogContent>(read);
    }

    /// <summary>Its name; any text, also empty or the same as a neighbour's.</summary>
    public string Name { get; }

    /// <summary>What it stands for, unique among its neighbours and the same for ever; never shown.</summary>
    public string Key { get; }

    /// <summary>When it was last changed, as users see it.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>What lies in it.</summary>
    public CatalogContent Content => _content.Value;
}
