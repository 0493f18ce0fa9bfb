using System.Collections.Concurrent;

namespace VdiFs.Disks.Cache;

/// <summary>Keeps the memory of cache blocks that nobody uses, so that its pages are not taken anew. Thread-safe.
/// </summary>
/// <remarks>Blocks are rented only by those who hold as many of the <paramref name="budget"/>, so there are never more
/// of them in use than that has.</remarks>
internal sealed class BlockPool(BlockBudget budget)
{
    // 32 MiB: the runtime asks the system for each allocation of this kind by itself.
    private const int BlocksPerAllocation = 512;

    // What the budget begins with is allocated to the block, as a group of processes may have just as much.
    private readonly int _expected = budget.Capacity;

    private readonly ConcurrentStack<CacheBlock> _free = new();

    // Blocks whose memory has no pages: never used, or given back.
    private readonly ConcurrentStack<CacheBlock> _bare = new();

    // Blocks that may have pages.
    private int _count;

    // Guarded by _allocating: blocks there are.
    private readonly Lock _allocating = new();
    private int _allocated;

    /// <summary>Sees to it that no block has to be allocated when it is rented.</summary>
    /// <param name="more">Blocks that the budget gets beyond what it began with.</param>
    /// <returns>False if the runtime has no memory for them.</returns>
    public bool TryReserve(int more)
    {
        lock (_allocating)
        {
            try
            {
                while (_allocated < _expected + more)
                {
                    Allocate();
                }

                return true;
            }
            catch (OutOfMemoryException)
            {
                return false;
            }
        }
    }

    /// <summary>A block with one reference and undefined content.</summary>
    public CacheBlock Rent()
    {
        if (!_free.TryPop(out CacheBlock? block))
        {
            Interlocked.Increment(ref _count);
            block = TakeBare();
        }

        block.Start();
        return block;
    }

    /// <summary>
    /// Takes back a block without references; the system gets the pages that the budget has lost since.
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
            Strip(block);
        }

        budget.Return();
    }

    /// <summary>Gives the system the pages that nobody uses and the budget has lost.</summary>
    public void Trim()
    {
        while (Volatile.Read(ref _count) > budget.Capacity && _free.TryPop(out CacheBlock? block))
        {
            Strip(block);
        }
    }

    private void Strip(CacheBlock block)
    {
        BlockMemory.Discard(block.Memory);
        block.IsBare = true;
        _bare.Push(block);
        Interlocked.Decrement(ref _count);
    }

    private CacheBlock TakeBare()
    {
        CacheBlock? block;
        while (!_bare.TryPop(out block))
        {
            lock (_allocating)
            {
                if (_bare.IsEmpty)
                {
                    Allocate();
                }
            }
        }

        return block;
    }

    // Called with _allocating held.
    private void Allocate()
    {
        int missing = _expected - _allocated;
        int count = missing > 0 ? Math.Min(missing, BlocksPerAllocation) : BlocksPerAllocation;
        Memory<byte> memory = BlockMemory.Allocate(count);
        var blocks = new CacheBlock[count];
        for (int i = 0; i < count; i++)
        {
            // The first ones last, to be taken first: what is used are neighbours.
            int place = count - 1 - i;
            blocks[i] = new CacheBlock(this, memory.Slice(place * CacheBlock.SizeBytes, CacheBlock.SizeBytes));
        }

        _bare.PushRange(blocks);
        _allocated += count;
    }
}
