using System.Collections.Concurrent;

namespace VdiFs.Tree.Blocks;

/// <summary>Which ranges of node ids are whose. Finding is thread-safe; the rest is done with the tree's lock held.
/// </summary>
internal sealed class BlockRanges
{
    private readonly ConcurrentDictionary<BlockIdRange, BlocksNode> _owners = new();

    /// <summary>Whether an id belongs to some range.</summary>
    public bool Contains(ulong nodeId) => Find(nodeId) is not null;

    /// <summary>Whose range an id belongs to; null if it is of none.</summary>
    public BlocksNode? Find(ulong nodeId) => _owners.GetValueOrDefault(BlockIdRange.Of(nodeId));

    /// <summary>The range at a wanted id, or the first one behind it that nobody has and no other id is in.</summary>
    /// <param name="wanted">An id.</param>
    /// <param name="others">The ids of all other nodes.</param>
    public BlockIdRange FindFree(ulong wanted, IEnumerable<ulong> others)
    {
        // Looked at once for a disk whose blocks somebody enters: nothing beside opening it.
        HashSet<BlockIdRange> taken = [.. others.Select(BlockIdRange.Of)];
        BlockIdRange range = BlockIdRange.Of(wanted);
        while (range.Prefix == 0 || taken.Contains(range) || _owners.ContainsKey(range))
        {
            range = range.Next;
        }

        return range;
    }

    public void Add(BlocksNode owner) => _owners[owner.Range] = owner;

    public void Remove(BlocksNode owner) =>
        _owners.TryRemove(new KeyValuePair<BlockIdRange, BlocksNode>(owner.Range, owner));
}
