namespace VdiFs.Pool.Net;

/// <summary>One client of a host's daemon.</summary>
internal interface IHostConnection : IDisposable
{
    /// <summary>Serves the client to the end; never fails.</summary>
    Task RunAsync();

    /// <summary>Breaks it off as a dead host does: the socket is reset.</summary>
    void Reset();
}
