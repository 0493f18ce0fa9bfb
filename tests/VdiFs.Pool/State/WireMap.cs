using System.Collections;

namespace VdiFs.Pool.State;

/// <summary>A map field of an object (other_config, sm_config): a change of it is a change of the object.</summary>
public sealed class WireMap : IEnumerable<KeyValuePair<string, string>>
{
    private readonly XapiObject _owner;
    private readonly SortedDictionary<string, string> _entries = new(StringComparer.Ordinal);

    internal WireMap(XapiObject owner) => _owner = owner;

    /// <summary>How many entries.</summary>
    public int Count => _entries.Count;

    /// <summary>The value of a key; setting null removes it.</summary>
    public string? this[string key]
    {
        get => _entries.GetValueOrDefault(key);
        set
        {
            if (value is null)
            {
                Remove(key);
            }
            else if (_entries.GetValueOrDefault(key) != value)
            {
                _entries[key] = value;
                _owner.Changed();
            }
        }
    }

    /// <summary>Adds; XAPI refuses a key that is there.</summary>
    public void Add(string key, string value)
    {
        if (_entries.ContainsKey(key))
        {
            throw new XapiFailureException("MAP_DUPLICATE_KEY", _owner.ClassName, "", _owner.Ref, key);
        }

        this[key] = value;
    }

    /// <summary>Takes a key out, if it is there.</summary>
    public void Remove(string key)
    {
        if (_entries.Remove(key))
        {
            _owner.Changed();
        }
    }

    /// <summary>Puts these entries in place of all.</summary>
    public void Replace(IEnumerable<KeyValuePair<string, string>> entries)
    {
        KeyValuePair<string, string>[] all = [.. entries];
        _entries.Clear();
        foreach ((string key, string value) in all)
        {
            _entries[key] = value;
        }

        _owner.Changed();
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
