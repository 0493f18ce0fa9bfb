namespace VdiFs.Disks.Store;

/// <summary>A segment as readers know it.</summary>
/// <param name="Path">Its file.</param>
/// <param name="Header">Its head.</param>
/// <param name="ReservedBytes">Memory set aside for what the index says of it.</param>
internal sealed record StoredSegment(string Path, SegmentHeader Header, long ReservedBytes)
{
    private long _touchedAt = long.MinValue;

    /// <summary>Whether its time of last use is to be renewed; true once in a while.</summary>
    public bool IsToBeTouched(TimeProvider time, TimeSpan interval)
    {
        long now = time.GetTimestamp();
        long before = Interlocked.Read(ref _touchedAt);
        return (before == long.MinValue || time.GetElapsedTime(before, now) >= interval)
            && Interlocked.CompareExchange(ref _touchedAt, now, before) == before;
    }
}
