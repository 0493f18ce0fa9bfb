using System.Collections;

namespace VdiFs.Pool.State;

/// <summary>A set field of an object (tags, VBDs): a change of it is a change of the object.</summary>
public sealed class WireSet : IEnumerable<string>
{
    private readonly XapiObject _owner;
    // In order, and quick to ask even with the 20,000 disks of an SR.
    private readonly OrderedDictionary<string, bool> _members = [];

    internal WireSet(XapiObject owner) => _owner = owner;

    /// <summary>How many members.</summary>
    public int Count => _members.Count;

    /// <summary>Whether it is in.</summary>
    public bool Contains(string member) => _members.ContainsKey(member);

    /// <summary>Puts one in, unless it is there.</summary>
    public void Add(string member)
    {
        if (_members.TryAdd(member, true))
        {
            _owner.Changed();
        }
    }

    /// <summary>Takes one out, if it is there.</summary>
    public void Remove(string member)
    {
        if (_members.Remove(member))
        {
            _owner.Changed();
        }
    }

    /// <summary>Puts these in place of all.</summary>
    public void Replace(IEnumerable<string> members)
    {
        string[] all = [.. members];
        _members.Clear();
        foreach (string member in all)
        {
            _members.TryAdd(member, true);
        }

        _owner.Changed();
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => _members.Keys.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
