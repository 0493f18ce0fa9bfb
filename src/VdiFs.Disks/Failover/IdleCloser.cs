namespace VdiFs.Disks.Failover;

/// <summary>
/// Lets a disk close its connections when nobody has read it for a while. Its timer runs only between a read and the
/// closing that follows it. Thread-safe.
/// </summary>
internal sealed class IdleCloser : IDisposable
{
    private readonly DiskActivity _activity;
    private readonly TimeSpan _timeout;
    private readonly Func<bool> _close;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();

    // Written with _gate held.
    private volatile bool _isArmed;
    private bool _isDisposed;

    /// <param name="activity">Of the disk.</param>
    /// <param name="timeout">How long nobody must have read.</param>
    /// <param name="close">Closes the connections; false: some is only just being made, try again later.</param>
    /// <param name="time">The clock.</param>
    public IdleCloser(DiskActivity activity, TimeSpan timeout, Func<bool> close, TimeProvider time)
    {
        _activity = activity;
        _timeout = timeout;
        _close = close;
        _timer = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A read begins: there may be something to close later.</summary>
    public void Watch()
    {
        if (!_isArmed)
        {
            Arm(_timeout);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _timer.Dispose();
        }
    }

    private void Look()
    {
        // First of all, so that a read that begins from here on arms it anew.
        _isArmed = false;
        TimeSpan idle = _activity.IdleFor;
        if (idle < _timeout)
        {
            Arm(_timeout - idle);
        }
        else if (!_close() || _activity.IsBusy)
        {
            Arm(_timeout);
        }
    }

    private void Arm(TimeSpan time)
    {
        lock (_gate)
        {
            if (!_isDisposed && !_isArmed)
            {
                _isArmed = true;
                TimeSpan whole = TimeSpan.FromMilliseconds(Math.Ceiling(time.TotalMilliseconds));
                _timer.Change(whole, Timeout.InfiniteTimeSpan);
            }
        }
    }
}
