namespace VdiFs.Disks.Cache;

/// <summary>One fetch of neighbouring blocks on its way into the cache, shared by all who want them.</summary>
/// <remarks>A flight is never cancelled: who stops waiting leaves, and the fetch completes into the cache. Its blocks
/// live until the fetch has ended and every passenger has left.</remarks>
internal sealed class Flight
{
    private readonly CacheBlock[] _blocks;
    private readonly TaskCompletionSource _landed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _passengers = 1;

    public Flight(long firstBlock, CacheBlock[] blocks)
    {
        FirstBlock = firstBlock;
        _blocks = blocks;
    }

    public long FirstBlock { get; }

    public ReadOnlySpan<CacheBlock> Blocks => _blocks;

    /// <summary>Ends when all blocks are filled, or with the error of the fetch.</summary>
    public Task Landed => _landed.Task;

    /// <summary>Boards; only while the flight is listed, under its disk's lock.</summary>
    public void Board() => Interlocked.Increment(ref _passengers);

    /// <summary>Lets the passengers go on.</summary>
    public void Land(Exception? error)
    {
        if (error is null)
        {
            _landed.SetResult();
        }
        else
        {
            _landed.SetException(error);
            // A read-ahead nobody waits for may fail unseen: the next reader asks again and gets the error itself.
            _ = _landed.Task.Exception;
        }
    }

    /// <summary>Leaves; the last one gives up the flight's references to its blocks.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _passengers) == 0)
        {
            foreach (CacheBlock block in _blocks)
            {
                block.Dispose();
            }
        }
    }
}
