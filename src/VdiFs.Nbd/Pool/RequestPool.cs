using VdiFs.Nbd.Transmission;

namespace VdiFs.Nbd.Pool;

/// <summary>Requests to use again, so that a read allocates nothing in the long run.</summary>
internal sealed class RequestPool
{
    private readonly Lock _gate = new();
    private readonly PendingRequest[] _idle;
    private int _count;

    /// <param name="capacity">Requests kept; more are left to the garbage collector.</param>
    public RequestPool(int capacity)
    {
        _idle = new PendingRequest[capacity];
    }

    /// <summary>An idle request; it comes back by itself when both its holders have released it.</summary>
    public PendingRequest Rent()
    {
        lock (_gate)
        {
            if (_count > 0)
            {
                return _idle[--_count];
            }
        }

        return new PendingRequest(Return);
    }

    private void Return(PendingRequest request)
    {
        lock (_gate)
        {
            if (_count < _idle.Length)
            {
                _idle[_count++] = request;
            }
        }
    }
}
