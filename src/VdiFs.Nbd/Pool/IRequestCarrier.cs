using VdiFs.Nbd.Transmission;

namespace VdiFs.Nbd.Pool;

/// <summary>Takes prepared requests to a server: all connections of a client, or one of them alone.</summary>
internal interface IRequestCarrier
{
    /// <summary>
    /// Sends a request, now or when its turn comes. Its completion tells the outcome, whatever it is.
    /// </summary>
    void Dispatch(PendingRequest request);

    /// <summary>Its caller has left: a request that still waits for its turn is dropped.</summary>
    void Forget(PendingRequest request);
}
