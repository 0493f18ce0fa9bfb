namespace VdiFs.Xapi.Events;

/// <summary>
/// Compares how many objects the pool says it has with what the mirror has: the one sign of an event that was lost. The
/// pool counts a moment after it collects the events, so a difference counts only when it stays. Not thread-safe.
/// </summary>
internal sealed class CountCheck
{
    /// <summary>
    /// Replies in a row with the same difference: the events of what is counted early come with the next.
    /// </summary>
    private const int RepliesToBelieve = 3;

    private readonly Dictionary<string, int> _accepted = [];
    private KeyValuePair<string, int> _suspect;
    private int _seen;

    /// <summary>Whether there is a difference that the next reply confirms or clears.</summary>
    public bool IsSuspicious => _seen > 0;

    /// <summary>
    /// After a full load there is nothing better to be had: what differs now (records that cannot be read) is accepted.
    /// </summary>
    public void Accept(IReadOnlyDictionary<string, int> missing)
    {
        _accepted.Clear();
        _seen = 0;
        foreach ((string name, int count) in missing)
        {
            _accepted[name] = count;
        }
    }

    /// <summary>The class of which events were lost; null when there is none, or it is not yet certain.</summary>
    public string? FindLost(IReadOnlyDictionary<string, int> missing)
    {
        KeyValuePair<string, int> odd = missing.FirstOrDefault(
            pair => _accepted.GetValueOrDefault(pair.Key) != pair.Value);
        if (odd.Key is null)
        {
            _seen = 0;
            return null;
        }

        bool isSame = _seen > 0 && odd.Equals(_suspect);
        _seen = isSame ? _seen + 1 : 1;
        _suspect = odd;
        return _seen >= RepliesToBelieve ? odd.Key : null;
    }
}
