using System.Net.Sockets;
using VdiFs.Nbd;

namespace VdiFs.Tests.Disks.Slots;

/// <summary>A transport over unix sockets that counts the connections which the client has.</summary>
internal sealed class CountedConnections
{
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private int _open;

    public int Most { get; private set; }

    public int Made { get; private set; }

    public int Open
    {
        get
        {
            lock (_gate)
            {
                return _open;
            }
        }
    }

    public async Task<Stream> ConnectAsync(NbdUri uri, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Made++;
            Most = Math.Max(Most, ++_open);
        }

        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(uri.SocketPath!), cancellationToken);
            return new CountedStream(socket, this);
        }
        catch
        {
            socket.Dispose();
            Closed();
            throw;
        }
    }

    private void Closed()
    {
        lock (_gate)
        {
            _open--;
        }
    }

    private sealed class CountedStream(Socket socket, CountedConnections owner) : NetworkStream(socket, true)
    {
        private int _isClosed;

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (Interlocked.Exchange(ref _isClosed, 1) == 0)
            {
                owner.Closed();
            }
        }
    }
}
