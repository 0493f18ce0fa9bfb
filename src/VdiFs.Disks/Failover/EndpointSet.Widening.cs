namespace VdiFs.Disks.Failover;

/// <content>Which of several servers a read goes to, and how further ones come in.</content>
internal sealed partial class EndpointSet
{
    private readonly Saturation _saturation;

    // Guarded by _gate. Each ends by itself; one for each server at most.
    private readonly List<Task> _joining = [];
    private long _joinedAt;

    // The methods below are called with _gate held.

    /// <summary>
    /// Of the connected servers not among these the one that a read would be answered by first, or simply the first
    /// where reads are not to be spread; null when there is none.
    /// </summary>
    /// <param name="avoided">Servers not to be asked.</param>
    /// <param name="bytes">How long the read is.</param>
    private Connected? Pick(IReadOnlyCollection<Endpoint> avoided, long bytes = 0)
    {
        Connected? best = null;
        double bestTime = double.PositiveInfinity;
        double? usual = null;
        foreach (Endpoint endpoint in _roster.All)
        {
            if (endpoint.Client is not { } client || avoided.Contains(endpoint))
            {
                continue;
            }

            if (!_options.Spreads)
            {
                return new Connected(endpoint, client);
            }

            usual ??= _roster.All.Max(other => other.Load.BytesPerSecond) ?? 1;
            double time = endpoint.Load.Expect(bytes, usual.Value);
            if (time < bestTime)
            {
                best = new Connected(endpoint, client);
                bestTime = time;
            }
        }

        return best;
    }

    /// <summary>Lets a further server join in while those that are connected are what readers wait for.</summary>
    private void WidenIfSaturated()
    {
        if (!_options.Spreads
            || _roster.All.Count == 1
            || !IsSaturated()
            || _closing.IsCancellationRequested)
        {
            return;
        }

        _joining.RemoveAll(static join => join.IsCompleted);
        bool isWaiting = _joining.Count > 0
            && _options.TimeProvider.GetElapsedTime(_joinedAt) < _options.ConnectStagger;
        if (!isWaiting && ChooseSpare() is { } spare)
        {
            _joinedAt = _options.TimeProvider.GetTimestamp();
            _joining.Add(AnnounceAsync(spare, spare.JoinAsync()));
            _saturation.Restart();
        }
    }

    private bool IsSaturated()
    {
        int connected = 0;
        long owed = 0;
        foreach (Endpoint endpoint in _roster.All)
        {
            if (endpoint.Client is not null)
            {
                connected++;
                owed += endpoint.Load.OwedBytes;
            }
        }

        // The last of them may have died at this very moment.
        return connected > 0 && _saturation.IsProvenBy(owed / connected);
    }

    private Endpoint? ChooseSpare() => _roster.All.FirstOrDefault(
        endpoint => endpoint.MayJoin && !_roster.All.Any(other => other != endpoint && endpoint.WaitsFor(other)));

    private async Task AnnounceAsync(Endpoint spare, Task joined)
    {
        await joined.ConfigureAwait(false);
        if (spare.Client is not null)
        {
            DisksLog.ServerConnected(_logger, spare.Address, _disk);
            Signal();
        }
    }

    /// <summary>Whether reads go on without this one: another is connected that comes before it.</summary>
    private bool IsSpare(Endpoint endpoint) =>
        _roster.All.TakeWhile(other => other != endpoint).Any(other => other.Client is not null);
}
