using System.Collections.Concurrent;

namespace VdiFs.Fuse.Session;

/// <summary>Requests waiting to be used again, a bounded number of them. Thread-safe.</summary>
internal sealed class FuseRequestPool(FuseSession session)
{
    /// <summary>Idle requests kept.</summary>
    public const int MaxIdle = 128;

    private readonly ConcurrentBag<FuseRequest> _idle = [];

    public FuseRequest Rent() => _idle.TryTake(out FuseRequest? request) ? request : new FuseRequest(session);

    /// <summary>Takes back a request whose operation has ended.</summary>
    public void Return(FuseRequest request)
    {
        if (request.TryRecycle() && _idle.Count < MaxIdle)
        {
            _idle.Add(request);
        }
    }
}
