using System.Collections.Concurrent;

namespace VdiFs.Disks.Cache;

/// <summary>Keeps the memory of cache blocks that nobody uses, so that it is not allocated anew. Thread-safe.</summary>
/// <remarks>Blocks are rented only by those who hold as many of the <paramref name="budget"/>, so there are never more
/// of them than that has.</remarks>
internal sealed class BlockPool(BlockBudget budget)
{
    private readonly ConcurrentStack<CacheBlock> _free = new();
    private int _count;

    /// <summary>A block with one reference and undefined content.</summary>
    public CacheBlock Rent()
    {
        if (!_free.TryPop(out CacheBlock? block))
        {
            Interlocked.Increment(ref _count);
            block = new CacheBlock(this);
        }

        block.Start();
        return block;
    }

    /// <summary>
    /// Takes back a block without references; what the budget has lost since is left to the collector.
    /// </summary>
    public void Return(CacheBlock block)
    {
        if (Volatile.Read(ref _count) <= budget.Capacity)
        {
            // Before the budget hears of it: who is served by that finds the memory here.
            _free.Push(block);
        }
        else
        {
            Interlocked.Decrement(ref _count);
        }

        budget.Return();
    }

    /// <summary>Leaves to the collector what nobody uses and the budget has lost.</summary>
    public void Trim()
    {
        while (Volatile.Read(ref _count) > budget.Capacity && _free.TryPop(out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
