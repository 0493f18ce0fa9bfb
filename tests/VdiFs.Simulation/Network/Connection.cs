using VdiFs.Simulation.Runs;
using VdiFs.Simulation.Scenarios;
using VdiFs.Simulation.Servers;

namespace VdiFs.Simulation.Network;

/// <summary>One connection between the client and a simulated server, with all that can happen on the way.</summary>
internal sealed class Connection
{
    private const int TrickleBytes = 1000;

    private readonly Stage _stage;
    private readonly SimulatedHost _host;
    private readonly Courier _toClient;
    private readonly Courier _toServer;
    private readonly ServerSession _session;
    private long _bytesUntilCut = long.MaxValue;
    private FaultKind _cutKind;
    private bool _isClosed;

    public Connection(Stage stage, SimulatedHost host, int number, TimeSpan latency)
    {
        _stage = stage;
        _host = host;
        Number = number;
        Client = new ClientStream(this);
        _toClient = new Courier(stage.Schedule, latency, Client.Receive);
        _toServer = new Courier(stage.Schedule, latency, ReachServer);
        _session = new ServerSession(stage, host, this);
        stage.OpenStreams++;
    }

    public int Number { get; }

    public ClientStream Client { get; }

    /// <summary>Whether the client still has its end.</summary>
    public bool IsHeldByClient { get; private set; } = true;

    /// <summary>Whether bytes to the client come in drops.</summary>
    public bool IsTrickling { get; set; }

    /// <summary>The server takes the connection up.</summary>
    public void Accept() => _session.Greet();

    /// <summary>The client sends.</summary>
    public void FromClient(byte[] bytes) => _toServer.Send(Parcel.Of(bytes));

    /// <summary>The client has disposed its end.</summary>
    public void ClientLeft()
    {
        IsHeldByClient = false;
        _stage.OpenStreams--;
        _stage.Trace.Note("client left", Number);
        _host.Forget(this);
        _toServer.Send(Parcel.End);
    }

    /// <summary>The server sends; a cut that is due falls where it must.</summary>
    public void Send(params ReadOnlyMemory<byte>[] pieces)
    {
        if (_isClosed)
        {
            return;
        }

        Parcel parcel = Parcel.Of(pieces);
        if (parcel.Length >= _bytesUntilCut)
        {
            _toClient.Send(Parcel.Of(Flatten(parcel)[..(int)_bytesUntilCut]));
            _stage.Struck(_cutKind, _host.Number);
            Close(isReset: _cutKind == FaultKind.Reset);
            return;
        }

        _bytesUntilCut -= _bytesUntilCut == long.MaxValue ? 0 : parcel.Length;
        if (IsTrickling && parcel.Length > TrickleBytes)
        {
            Drip(Flatten(parcel));
        }
        else
        {
            _toClient.Send(parcel);
        }
    }

    /// <summary>The server closes, or the connection breaks.</summary>
    public void Close(bool isReset)
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _stage.Trace.Note(isReset ? "reset" : "close", Number);
            _toClient.Send(isReset ? Parcel.Reset : Parcel.End);
        }
    }

    /// <summary>Ends the connection after so many more bytes to the client.</summary>
    public void CutAfter(long bytes, FaultKind kind)
    {
        _bytesUntilCut = bytes;
        _cutKind = kind;
    }

    /// <summary>Nothing moves until <see cref="Resume"/>.</summary>
    public void Hold()
    {
        _toClient.Hold();
        _toServer.Hold();
    }

    public void Resume()
    {
        _toServer.Resume();
        _toClient.Resume();
    }

    /// <summary>Nothing moves any more, and nobody is told.</summary>
    public void Die()
    {
        _toClient.Die();
        _toServer.Die();
    }

    private static ReadOnlyMemory<byte> Flatten(Parcel parcel)
    {
        byte[] all = new byte[parcel.Length];
        int length = 0;
        foreach (ReadOnlyMemory<byte> piece in parcel.Bytes)
        {
            piece.CopyTo(all.AsMemory(length));
            length += piece.Length;
        }

        return all;
    }

    private void Drip(ReadOnlyMemory<byte> bytes)
    {
        TimeSpan delay = TimeSpan.Zero;
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, TrickleBytes + (bytes.Length / 64));
            _toClient.Send(Parcel.Of(bytes[..length]), delay);
            bytes = bytes[length..];
            delay += TimeSpan.FromMilliseconds(100);
        }
    }

    private void ReachServer(Parcel parcel)
    {
        if (parcel.Kind != ParcelKind.Bytes)
        {
            _session.ClientLeft();
        }
        else if (_isClosed)
        {
            // What answers bytes to a closed socket.
            _toClient.Send(Parcel.Reset);
        }
        else
        {
            _session.Receive(parcel.Bytes[0].Span);
        }
    }
}
