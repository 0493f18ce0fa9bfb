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

    /// <summary>Takes a request in; it may be marked as interrupted already.</summary>
    /// <returns>False when the session ends: the caller claims and answers it.</returns>
    public bool TryAdd(FuseRequest request)
    {
        lock (_lock)
        {
            request.MarkInFlight();
            request.IsInterrupted = Array.IndexOf(_early, request.Unique) >= 0;
            _requests[request.Unique] = request;
            request.Abandoned |= _closed;
            return !_closed;
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

    /// <summary>Notes that a request was interrupted.</summary>
    /// <returns>The thread that waits for it; null when nobody does, or it is unknown as yet.</returns>
    public uint? MarkInterrupted(ulong unique)
    {
        lock (_lock)
        {
            if (_requests.TryGetValue(unique, out FuseRequest? request))
            {
                request.IsInterrupted = true;
                return request.IsAnswered ? null : request.Caller;
            }

            _early[_nextEarly] = unique;
            _nextEarly = (_nextEarly + 1) % MaxEarlyInterrupts;
            return null;
        }
    }

    /// <summary>The interrupted requests that still wait, and who waits for them.</summary>
    public List<(ulong Unique, uint Caller)> Interrupted()
    {
        lock (_lock)
        {
            return [.. _requests.Values
                .Where(request => request.IsInterrupted && !request.IsAnswered)
                .Select(request => (request.Unique, request.Caller))];
        }
    }

    /// <summary>Gives a request and the right to answer it to the caller, if nobody has it.</summary>
    public FuseRequest? Take(ulong unique)
    {
        lock (_lock)
        {
            return _requests.TryGetValue(unique, out FuseRequest? request) && Abandon(request) ? request : null;
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
