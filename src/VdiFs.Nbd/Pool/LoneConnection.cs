using VdiFs.Nbd.Transmission;

namespace VdiFs.Nbd.Pool;

/// <summary>Carries requests over one connection of a pool that nobody else uses yet.</summary>
internal sealed class LoneConnection(NbdConnection connection, ConnectionPool pool) : IRequestCarrier
{
    public void Dispatch(PendingRequest request)
    {
        if (!pool.TrySendOver(connection, request))
        {
            request.Complete(new NbdException(NbdErrorKind.ConnectionLost, "the connection is gone or full"));
        }
    }

    public void Forget(PendingRequest request)
    {
        // Nothing waits for its turn here.
    }
}
