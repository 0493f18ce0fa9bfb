using System.Collections.Concurrent;

namespace VdiFs.Disks.Cache;

/// <summary>Keeps the memory of cache blocks that nobody uses, so that it is not allocated anew.</summary>
/// <remarks>Fetches that a reader waits for always get a block: their number is bounded by the kernel's requests.
/// Read-ahead gets one only while fewer than <paramref name="budgetBlocks"/> are in use.</remarks>
internal sealed class BlockPool(int budgetBlocks)
{
    private readonly ConcurrentStack<CacheBlock> _free = new();
    private int _inUse;

    /// <summary>Blocks that are cached, lent or being filled.</summary>
    public int InUse => Volatile.Read(ref _inUse);

    /// <summary>Whether <paramref name="count"/> more blocks stay within the budget.</summary>
    public bool HasRoomFor(int count) => InUse + count <= budgetBlocks;

    /// <summary>A block with one reference and undefined content.</summary>
    public CacheBlock Rent()
    {
        Interlocked.Increment(ref _inUse);
        if (!_free.TryPop(out CacheBlock? block))
        {
            block = new CacheBlock(this);
        }

        block.Start();
        return block;
    }

    /// <summary>Takes back a block without references; above the budget its memory is left to the collector.</summary>
    public void Return(CacheBlock block)
    {
        if (Interlocked.Decrement(ref _inUse) < budgetBlocks)
        {
            _free.Push(block);
        }
    }
}
