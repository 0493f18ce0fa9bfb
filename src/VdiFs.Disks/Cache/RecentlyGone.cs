namespace VdiFs.Disks.Cache;

/// <summary>The keys of blocks that went last: who asks for one of them would have found it in a larger cache. Bounded;
/// not thread-safe.</summary>
internal sealed class RecentlyGone(int maximumCount)
{
    private readonly HashSet<BlockKey> _keys = [];

    // Also of those that have come back since: they leave when it is their turn.
    private readonly Queue<BlockKey> _order = new();

    /// <summary>A block goes.</summary>
    public void Add(BlockKey key)
    {
        if (maximumCount == 0)
        {
            return;
        }

        if (_order.Count == maximumCount)
        {
            _keys.Remove(_order.Dequeue());
        }

        _keys.Add(key);
        _order.Enqueue(key);
    }

    /// <summary>A block comes.</summary>
    /// <returns>Whether it is one that went.</returns>
    public bool Remove(BlockKey key) => _keys.Remove(key);
}
