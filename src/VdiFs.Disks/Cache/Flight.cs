using System.Diagnostics.CodeAnalysis;

namespace VdiFs.Disks.Cache;

/// <summary>One fetch on its way, shared by all who want its bytes: whole neighbouring blocks into the cache, or a part
/// of one block for the reader who asked for it alone.</summary>
/// <remarks>Who stops waiting leaves, and the fetch goes on into the cache; only when nobody waits for it and its
/// memory is wanted is it given up. Its blocks live until it has landed and every passenger has left.</remarks>
[SuppressMessage(
    "Design", "CA1001", Justification = "The source has no timer, no link, no wait handle, and may be cancelled late.")]
internal sealed class Flight
{
    private readonly CacheBlock[] _blocks;
    private readonly CancellationTokenSource _givingUp = new();
    private readonly TaskCompletionSource _landed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _passengers = 1;
    private bool _hasFailed;

    public Flight(
        long diskOffset, long length, CacheBlock[] blocks, bool isWhole, DiskRead owner, TimeProvider time)
    {
        StartedAt = time.GetTimestamp();
        DiskOffset = diskOffset;
        Length = length;
        _blocks = blocks;
        IsWhole = isWhole;
        Owner = owner;
    }

    /// <summary>The first byte that is fetched.</summary>
    public long DiskOffset { get; }

    /// <summary>Bytes that are fetched.</summary>
    public long Length { get; }

    public long FirstBlock => DiskOffset / CacheBlock.SizeBytes;

    public ReadOnlySpan<CacheBlock> Blocks => _blocks;

    /// <summary>Timestamp of its take-off.</summary>
    public long StartedAt { get; }

    /// <summary>Whether it brings whole blocks, which go into the cache.</summary>
    public bool IsWhole { get; }

    /// <summary>The read whose memory it uses.</summary>
    public DiskRead Owner { get; }

    /// <summary>Ends the fetch when it is given up.</summary>
    public CancellationToken GivenUp => _givingUp.Token;

    /// <summary>Whether nobody waits for it.</summary>
    public bool IsIdle => Volatile.Read(ref _passengers) == 1;

    /// <summary>Ends when all bytes are there, or with the error of the fetch.</summary>
    public Task Landed => _landed.Task;

    public bool Covers(long blockNumber) => blockNumber >= FirstBlock && blockNumber - FirstBlock < _blocks.Length;

    /// <summary>Where the bytes go, block by block.</summary>
    public Memory<byte>[] Buffers()
    {
        var buffers = new Memory<byte>[_blocks.Length];
        long diskOffset = DiskOffset;
        long end = DiskOffset + Length;
        for (int i = 0; i < buffers.Length; i++)
        {
            int start = (int)(diskOffset % CacheBlock.SizeBytes);
            int length = (int)Math.Min(CacheBlock.SizeBytes - start, end - diskOffset);
            buffers[i] = _blocks[i].Memory.Slice(start, length);
            diskOffset += length;
        }

        return buffers;
    }

    /// <summary>Finds pages for the blocks, while the server is at work on its reply.</summary>
    public void PopulateBlocks()
    {
        foreach (CacheBlock block in _blocks)
        {
            block.Populate();
        }
    }

    /// <summary>Boards; only while the flight is listed, under its disk's lock.</summary>
    public void Board() => Interlocked.Increment(ref _passengers);

    /// <summary>Ends the fetch; only after it has left the list without passengers.</summary>
    public void GiveUp() => _givingUp.Cancel();

    /// <summary>Lets the passengers go on. The blocks of a fetch that failed are given back at once.</summary>
    public void Land(Exception? error)
    {
        if (error is null)
        {
            _landed.SetResult();
            return;
        }

        _hasFailed = true;
        DisposeBlocks();
        _landed.SetException(error);
        // A read-ahead nobody waits for may fail unseen: the next reader asks again and gets the error itself.
        _ = _landed.Task.Exception;
    }

    /// <summary>Leaves; the last one gives up the flight's references to its blocks. The one who flies it leaves after
    /// it has landed.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _passengers) == 0 && !_hasFailed)
        {
            DisposeBlocks();
        }
    }

    private void DisposeBlocks()
    {
        foreach (CacheBlock block in _blocks)
        {
            block.Dispose();
        }
    }
}
