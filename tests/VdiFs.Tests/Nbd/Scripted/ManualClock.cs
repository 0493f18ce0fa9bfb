namespace VdiFs.Tests.Nbd.Scripted;

/// <summary>
/// Time that passes only when a test says so. A timer fires on the thread that lets its time pass.
/// </summary>
internal sealed class ManualClock : TimeProvider
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly List<ManualTimer> _timers = [];
    private long _now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Time that has passed since the clock was made.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(GetTimestamp());

    /// <summary>Whether nobody waits for any time.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count == 0;
            }
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _now;
        }
    }

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets time pass, timer by timer.</summary>
    public void Advance(TimeSpan time)
    {
        long end = GetTimestamp() + time.Ticks;
        while (true)
        {
            ManualTimer? next;
            lock (_gate)
            {
                next = _timers.Where(timer => timer.Due <= end).MinBy(timer => timer.Due);
                _now = Math.Max(_now, next?.Due ?? end);
                if (next is null)
                {
                    return;
                }

                _timers.Remove(next);
                next.Advance();
            }

            next.Fire();
        }
    }

    /// <summary>Waits until somebody waits for this time from now.</summary>
    public async Task WaitedForAsync(TimeSpan time)
    {
        using CancellationTokenSource bound = new(ScriptedNbdServer.Bound);
        while (!IsWaitedFor(time))
        {
            await Task.Delay(1, bound.Token);
        }
    }

    /// <summary>Lets time pass step by step until something is so.</summary>
    public async Task PassUntilAsync(Func<bool> isSo, TimeSpan step)
    {
        using CancellationTokenSource bound = new(ScriptedNbdServer.Bound);
        while (!isSo())
        {
            Advance(step);
            await Task.Delay(1, bound.Token);
        }
    }

    private bool IsWaitedFor(TimeSpan time)
    {
        lock (_gate)
        {
            return _timers.Exists(timer => timer.Due == _now + time.Ticks);
        }
    }

    private sealed class ManualTimer(ManualClock clock, Action fire) : ITimer
    {
        // Guarded by the clock's gate.
        private TimeSpan _period;

        public long Due { get; private set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
                _period = period;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    Due = clock._now + dueTime.Ticks;
                    clock._timers.Add(this);
                }
            }

            return true;
        }

        /// <summary>Sets the next time of a timer with a period. Called with the clock's gate held.</summary>
        public void Advance()
        {
            if (_period > TimeSpan.Zero)
            {
                Due += _period.Ticks;
                clock._timers.Add(this);
            }
        }

        public void Dispose()
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
