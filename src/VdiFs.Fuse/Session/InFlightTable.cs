namespace VdiFs.Fuse.Session;

/// <summary>
/// The requests that went asynchronous, by unique. INTERRUPT may be read by another thread before its target gets in
/// here, and an EAGAIN would have to go to the target's descriptor, which is unknown then; so the last few unknown
/// uniques are remembered instead. Uniques are never used twice: a forgotten one harms nobody.
/// Bounded by the kernel: max_background requests and one per waiting thread.
/// </summary>
internal sealed class InFlightTable
{
    /// <summary>Early interrupts remembered.</summary>
    public const int MaxEarlyInterrupts = 256;

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<ulong, FuseRequest> _requests = [];
    private readonly ulong[] _early = new ulong[MaxEarlyInterrupts];
    private int _nextEarly;
    private bool _closed;
    private TaskCompletionSource? _drained;

    /// <summary>Requests in flight now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _requests.Count;
            }
        }
    }

    /// <summary>Whether the session ends: whoever comes now was not interrupted, but is too late.</summary>
    public bool IsClosed
    {
        get
        {
            lock (_lock)
            {
                return _closed;
            }
        }
    }

    /// <summary>Takes a request in.</summary>
    /// <returns>False when it was interrupted already or the session ends: the caller claims and answers it.</returns>
    public bool TryAdd(FuseRequest request)
    {
        lock (_lock)
        {
            request.MarkInFlight();
            _requests[request.Unique] = request;
            bool doomed = _closed || Array.IndexOf(_early, request.Unique) >= 0;
            request.Abandoned |= doomed;
            return !doomed;
        }
    }

    /// <summary>Takes a request out when its operation has ended; after this nobody else touches it.</summary>
    public void Remove(FuseRequest request)
    {
        lock (_lock)
        {
            _requests.Remove(request.Unique);
            if (_requests.Count == 0)
            {
                _drained?.TrySetResult();
            }
        }
    }

    /// <summary>
    /// Finds the request to interrupt and gives the right to answer it to the caller, if nobody has it.
    /// </summary>
    public FuseRequest? Interrupt(ulong unique)
    {
        lock (_lock)
        {
            if (_requests.TryGetValue(unique, out FuseRequest? request))
            {
                return Abandon(request) ? request : null;
            }

            _early[_nextEarly] = unique;
            _nextEarly = (_nextEarly + 1) % MaxEarlyInterrupts;
            return null;
        }
    }

    /// <summary>The requests that started before a time, with the right to answer them.</summary>
    public List<FuseRequest> TakeOlderThan(long startedTicks)
    {
        lock (_lock)
        {
            return [.. _requests.Values.Where(request => request.StartedTicks <= startedTicks && Abandon(request))];
        }
    }

    /// <summary>
    /// Closes the table and takes all requests; <paramref name="drained"/> ends when their operations have.
    /// </summary>
    public List<FuseRequest> Close(out Task drained)
    {
        lock (_lock)
        {
            _closed = true;
            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_requests.Count == 0)
            {
                _drained.TrySetResult();
            }

            drained = _drained.Task;
            return [.. _requests.Values.Where(Abandon)];
        }
    }

    private static bool Abandon(FuseRequest request)
    {
        if (!request.TryClaim())
        {
            return false;
        }

        request.Abandoned = true;
        return true;
    }
}
