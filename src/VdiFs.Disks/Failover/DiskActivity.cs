namespace VdiFs.Disks.Failover;

/// <summary>Whether a disk is being read, and since when it is not. Thread-safe.</summary>
internal sealed class DiskActivity(TimeProvider time)
{
    private long _idleSince = time.GetTimestamp();
    private int _inFlight;

    /// <summary>How long no read has been under way; zero while one is.</summary>
    public TimeSpan IdleFor => Volatile.Read(ref _inFlight) > 0
        ? TimeSpan.Zero
        : time.GetElapsedTime(Volatile.Read(ref _idleSince));

    /// <summary>Whether a read is under way.</summary>
    public bool IsBusy => Volatile.Read(ref _inFlight) > 0;

    /// <summary>A read begins.</summary>
    public void Enter() => Interlocked.Increment(ref _inFlight);

    /// <summary>A read has ended.</summary>
    public void Leave()
    {
        Volatile.Write(ref _idleSince, time.GetTimestamp());
        Interlocked.Decrement(ref _inFlight);
    }
}
