using System.Diagnostics;

namespace VdiFs.Disks.Cache;

/// <summary>One block of memory that holds bytes of a disk: pooled, reference-counted, stable in address.</summary>
/// <remarks>Whoever holds a reference may read the bytes; the last one to let go gives the memory back to the pool.
/// <see cref="IDisposable.Dispose"/> lets go of exactly one reference, so that a block is its own lease.</remarks>
public sealed class CacheBlock : IDisposable
{
    /// <summary>The size of every cache block in bytes.</summary>
    public const int SizeBytes = 64 * 1024;

    private const byte Scrambled = 0xDB;
    private const long NoBlock = -1;

    private readonly BlockPool _pool;
    private int _references;
    private int _diskNumber;
    private long _blockNumber = NoBlock;

    // Written without a lock by all who use the block: what gets lost is a hint.
    private long _lastUse;
    private bool _wasUsed;
    private bool _hasChance;

    internal CacheBlock(BlockPool pool, Memory<byte> memory)
    {
        _pool = pool;
        Memory = memory;
        Address = BlockMemory.AddressOf(memory);
    }

    /// <summary>Where the block's bytes are; stable while a reference is held.</summary>
    public nint Address { get; }

    /// <summary>The block's bytes, to be filled by the fetch that rented it.</summary>
    internal Memory<byte> Memory { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        int left = Interlocked.Decrement(ref _references);
        Debug.Assert(left >= 0, "A cache block was released more often than it was acquired.");
        if (left == 0)
        {
            Volatile.Write(ref _blockNumber, NoBlock);
            Scramble();
            _pool.Return(this);
        }
    }

    /// <summary>Which bytes the block holds, for a holder of a reference to a labelled one.</summary>
    internal BlockKey Key => new(_diskNumber, Volatile.Read(ref _blockNumber));

    /// <summary>Whether the block's memory has no pages yet, or none any more; belongs to whoever has the block
    /// alone.</summary>
    internal bool IsBare { get; set; } = true;

    /// <summary>Finds pages for the block's memory if it has none, before they are missed one by one.</summary>
    internal void Populate()
    {
        if (IsBare)
        {
            BlockMemory.Populate(Memory);
            IsBare = false;
        }
    }

    /// <summary>Takes the first reference of a block that comes out of the pool.</summary>
    internal void Start()
    {
        _wasUsed = false;
        _hasChance = false;
        Volatile.Write(ref _references, 1);
    }

    /// <summary>Notes a use; one that comes long enough after the one before is another, and earns a chance to
    /// stay.</summary>
    /// <param name="now">When, in uses of any block.</param>
    /// <param name="newUseAfter">How long after the last use this is a new one.</param>
    internal void Use(long now, long newUseAfter)
    {
        _hasChance |= _wasUsed && now - _lastUse >= newUseAfter;
        _wasUsed = true;
        _lastUse = now;
    }

    /// <summary>Takes the chance to stay that the block has earned; false if it has none.</summary>
    internal bool TakeChance()
    {
        bool had = _hasChance;
        _hasChance = false;
        return had;
    }

    /// <summary>States which bytes the block now holds. Called once they are all there, before it is shared.</summary>
    internal void Label(BlockKey key)
    {
        _diskNumber = key.DiskNumber;
        Volatile.Write(ref _blockNumber, key.BlockNumber);
    }

    /// <summary>Whether the block holds these bytes; stays true only for a holder of a reference.</summary>
    internal bool Holds(BlockKey key) =>
        Volatile.Read(ref _blockNumber) == key.BlockNumber && _diskNumber == key.DiskNumber;

    /// <summary>Takes a further reference, for a holder of one.</summary>
    internal void Acquire() => Interlocked.Increment(ref _references);

    /// <summary>Takes a reference if the block holds these bytes.</summary>
    /// <remarks>Between finding a block in the index and taking the reference it may have been evicted and rented for
    /// other bytes, or for the same ones that are still on their way: the label decides.</remarks>
    internal bool TryAcquire(BlockKey key)
    {
        if (!TryAddReference())
        {
            return false;
        }

        if (Holds(key))
        {
            return true;
        }

        Dispose();
        return false;
    }

    private bool TryAddReference()
    {
        int seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            int before = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (before == seen)
            {
                return true;
            }

            seen = before;
        }

        return false;
    }

    // A reader that kept an address without a reference must not find plausible old bytes.
    [Conditional("DEBUG")]
    private void Scramble() => Memory.Span.Fill(Scrambled);
}
