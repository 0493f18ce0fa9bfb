namespace VdiFs.Xapi.Http;

/// <summary>The clients of all hosts that were talked to. Thread-safe.</summary>
internal sealed class HostClients(XapiOptions options, PoolTrust trust) : IDisposable
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private readonly Dictionary<HostPort, HostClient> _clients = [];
    private bool _isDisposed;

    /// <summary>The client of a host, made at the first use.</summary>
    /// <exception cref="XapiException">Protocol: the pool has led to too many hosts.</exception>
    public HostClient For(HostPort place)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(XapiSession));
            if (_clients.TryGetValue(place, out HostClient? known))
            {
                return known;
            }

            if (_clients.Count >= XapiLimits.Hosts)
            {
                throw new XapiException(
                    XapiErrorKind.Protocol, $"the pool has led to more than {XapiLimits.Hosts} hosts; mount it again");
            }

            return _clients[place] = new HostClient(place, options, trust);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (HostClient client in _clients.Values)
            {
                client.Dispose();
            }
        }
    }
}
