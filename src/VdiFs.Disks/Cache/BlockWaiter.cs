namespace VdiFs.Disks.Cache;

/// <summary>A read that waits for memory.</summary>
internal sealed class BlockWaiter(DiskShare share, int count)
{
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whose disk it reads.</summary>
    public DiskShare Share { get; } = share;

    /// <summary>Blocks it asks for.</summary>
    public int Count { get; } = count;

    /// <summary>Ends when it has them.</summary>
    public Task Served => _served.Task;

    /// <summary>Called by the budget once the blocks are held for it.</summary>
    public void Serve() => _served.SetResult();
}
