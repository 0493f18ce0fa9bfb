namespace VdiFs.Disks.Cache;

/// <summary>Blocks that could not be fetched whole a short while ago: their readers ask for their own bytes alone,
/// without first waiting for the whole block to fail again. Not an error that is remembered: everybody asks the disk.
/// Bounded in count and time; not thread-safe.</summary>
internal sealed class DamagedBlocks(TimeProvider time)
{
    /// <summary>How many are remembered; the oldest is forgotten for the next.</summary>
    public const int MaximumCount = 4096;

    /// <summary>How long one is remembered: a server that has recovered is soon read in whole blocks again.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Dictionary<long, long> _since = [];
    private readonly Queue<(long BlockNumber, long Since)> _order = [];

    /// <summary>Remembers a block.</summary>
    public void Add(long blockNumber)
    {
        long now = time.GetTimestamp();
        while (_order.TryPeek(out (long BlockNumber, long Since) oldest)
            && (_order.Count >= MaximumCount || time.GetElapsedTime(oldest.Since, now) >= Lifetime))
        {
            _order.Dequeue();
            if (_since.TryGetValue(oldest.BlockNumber, out long since) && since == oldest.Since)
            {
                _since.Remove(oldest.BlockNumber);
            }
        }

        _since[blockNumber] = now;
        _order.Enqueue((blockNumber, now));
    }

    /// <summary>Whether a block is remembered.</summary>
    public bool Contains(long blockNumber) =>
        _since.Count > 0
        && _since.TryGetValue(blockNumber, out long since)
        && time.GetElapsedTime(since) < Lifetime;
}
