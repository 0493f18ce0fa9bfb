namespace VdiFs.Disks.Failover;

/// <content>How a server is found while somebody waits for one.</content>
internal sealed partial class EndpointSet
{
    /// <summary>
    /// Connects to the servers, the one that failed longest ago first, each after a moment's grace for those before,
    /// until one is there or nobody waits any more.
    /// </summary>
    private async Task ConnectAsync()
    {
        // Off the caller's lock.
        await Task.Yield();
        List<Task> attempts = [];
        bool isStart = true;
        try
        {
            while (IsNeeded())
            {
                await _roster.AskAsync(isStart, _closing.Token).ConfigureAwait(false);
                isStart = false;
                if (_roster.Trouble is { Kind: not DiskErrorKind.Unreachable } verdict && IsWithoutServer(verdict))
                {
                    return;
                }

                attempts.RemoveAll(attempt => attempt.IsCompleted);
                (Endpoint? next, TimeSpan pause) = ChooseNext();
                TimeSpan grace = attempts.Count > 0 ? _options.ConnectStagger : TimeSpan.Zero;
                if (next is not null && pause <= TimeSpan.Zero && grace == TimeSpan.Zero)
                {
                    attempts.Add(AttemptAsync(next));
                    continue;
                }

                TimeSpan wait = next is null ? _options.AskingPause : pause > grace ? pause : grace;
                bool isTurn = await IsOverAsync(wait, attempts, _closing.Token).ConfigureAwait(false);
                if (isTurn && next is not null)
                {
                    attempts.Add(AttemptAsync(next));
                }
            }
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            // The disk is being closed.
        }

        Signal();
    }

    /// <summary>True when the time is over, false when an attempt ended before.</summary>
    private async Task<bool> IsOverAsync(TimeSpan wait, List<Task> attempts, CancellationToken cancellationToken)
    {
        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task timer = Pause.ForAsync(wait, _options.TimeProvider, enough.Token);
        Task first = await Task.WhenAny([timer, .. attempts]).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        await enough.CancelAsync().ConfigureAwait(false);
        return first == timer;
    }

    private async Task AttemptAsync(Endpoint endpoint)
    {
        await endpoint.ConnectAsync().ConfigureAwait(false);
        lock (_gate)
        {
            // Two that arrive together must not both give way.
            if (_roster.All.Any(other => other != endpoint && other.Client is not null))
            {
                endpoint.TryStandDown();
            }
        }

        if (endpoint.Client is not null)
        {
            DisksLog.ServerConnected(_logger, endpoint.Address, _disk);
        }

        Signal();
    }

    private bool IsNeeded()
    {
        lock (_gate)
        {
            bool isNeeded = _waiting > 0 && Pick(avoided: []) is null && Fault is null
                && !_closing.IsCancellationRequested;
            if (!isNeeded)
            {
                // Whoever comes after this starts anew.
                _connecting = Task.CompletedTask;
            }

            return isNeeded;
        }
    }

    private (Endpoint? Next, TimeSpan Pause) ChooseNext()
    {
        // Of those that may be asked now, the one that has just been lost comes last.
        (Endpoint? Next, TimeSpan Pause, long FailedAt) best = (null, TimeSpan.MaxValue, long.MaxValue);
        foreach (Endpoint endpoint in _roster.All)
        {
            if (endpoint.ReadyIn is not { } readyIn)
            {
                continue;
            }

            TimeSpan pause = readyIn > TimeSpan.Zero ? readyIn : TimeSpan.Zero;
            long failedAt = endpoint.FailedAt;
            if (pause < best.Pause || (pause == best.Pause && failedAt < best.FailedAt))
            {
                best = (endpoint, pause, failedAt);
            }
        }

        return (best.Next, best.Pause);
    }

    /// <summary>Ends the connecting with the directory's verdict, unless a server is connected all the same.</summary>
    private bool IsWithoutServer(DiskException verdict)
    {
        TaskCompletionSource<DiskException?> signal;
        lock (_gate)
        {
            if (Pick(avoided: []) is not null)
            {
                return false;
            }

            // Whoever comes after this starts anew.
            _connecting = Task.CompletedTask;
            signal = TakeSignal();
        }

        signal.TrySetResult(verdict);
        return true;
    }

    private void LeaveLinesIfUnneeded()
    {
        if (Volatile.Read(ref _waiting) == 0)
        {
            LeaveLines();
        }
    }

    private void LeaveLines()
    {
        foreach (Endpoint endpoint in _roster.All)
        {
            endpoint.LeaveLine();
        }
    }

    private void Signal()
    {
        TaskCompletionSource<DiskException?> signal;
        lock (_gate)
        {
            signal = TakeSignal();
        }

        signal.TrySetResult(null);
    }
}
