using System.Buffers.Binary;
using VdiFs.Simulation.Network;
using VdiFs.Simulation.Runs;

namespace VdiFs.Simulation.Servers;

/// <summary>
/// The server's end of one connection: cuts what comes in into messages and hands them to the handshake or to
/// transmission. It judges the client too: what the protocol does not allow is a finding.
/// </summary>
internal sealed class ServerSession
{
    private const int OptionHeaderBytes = 16;
    private const int RequestBytes = 28;

    private readonly Stage _stage;
    private readonly Connection _connection;
    private readonly HandshakeScript _handshake;
    private readonly RequestServer _requests;
    private byte[] _input = new byte[4096];
    private int _length;
    private bool _isOver;

    public ServerSession(Stage stage, SimulatedHost host, Connection connection)
    {
        _stage = stage;
        _connection = connection;
        ServedDisk disk = host.Disk;
        _handshake = new HandshakeScript(stage, host, connection, disk);
        _requests = new RequestServer(stage, host, connection, disk);
    }

    public void Greet() => _handshake.Greet();

    public void ClientLeft()
    {
        _isOver = true;
        _connection.Close(isReset: false);
    }

    public void Receive(ReadOnlySpan<byte> bytes)
    {
        if (_isOver)
        {
            return;
        }

        if (_length + bytes.Length > _input.Length)
        {
            Array.Resize(ref _input, (_length + bytes.Length) * 2);
        }

        bytes.CopyTo(_input.AsSpan(_length));
        _length += bytes.Length;
        int taken = 0;
        for (int next = Next(_input.AsSpan(taken, _length - taken)); next > 0; next = Next(_input.AsSpan(taken, _length - taken)))
        {
            taken += next;
        }

        _input.AsSpan(taken, _length - taken).CopyTo(_input);
        _length -= taken;
    }

    /// <summary>Handles the first message; its length, or 0 when it is not whole.</summary>
    private int Next(ReadOnlySpan<byte> input)
    {
        if (_isOver)
        {
            return 0;
        }

        return _handshake.State switch
        {
            HandshakeState.Flags => NextFlags(input),
            HandshakeState.Options => NextOption(input),
            HandshakeState.Transmission => NextRequest(input),
            _ => 0,
        };
    }

    private int NextFlags(ReadOnlySpan<byte> input)
    {
        if (input.Length < sizeof(uint))
        {
            return 0;
        }

        _handshake.TakeFlags(BinaryPrimitives.ReadUInt32BigEndian(input));
        return sizeof(uint);
    }

    private int NextOption(ReadOnlySpan<byte> input)
    {
        if (input.Length < OptionHeaderBytes)
        {
            return 0;
        }

        if (BinaryPrimitives.ReadUInt64BigEndian(input) != Wire.OptionMagic)
        {
            return Accuse("an option without its magic number");
        }

        uint option = BinaryPrimitives.ReadUInt32BigEndian(input[8..]);
        int length = OptionHeaderBytes + BinaryPrimitives.ReadInt32BigEndian(input[12..]);
        if (input.Length < length)
        {
            return 0;
        }

        _handshake.TakeOption(option);
        return length;
    }

    private int NextRequest(ReadOnlySpan<byte> input)
    {
        if (input.Length < RequestBytes)
        {
            return 0;
        }

        if (BinaryPrimitives.ReadUInt32BigEndian(input) != Wire.RequestMagic)
        {
            return Accuse("a request without its magic number");
        }

        ServerRequest request = new(
            BinaryPrimitives.ReadUInt16BigEndian(input[6..]),
            BinaryPrimitives.ReadUInt64BigEndian(input[8..]),
            BinaryPrimitives.ReadInt64BigEndian(input[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(input[24..]));
        if (request.Command == Wire.CommandDisconnect)
        {
            ClientLeft();
        }
        else if (_requests.Take(request) is { } accusation)
        {
            return Accuse(accusation);
        }

        return RequestBytes;
    }

    private int Accuse(string what)
    {
        _stage.Report(FindingKind.Misbehaviour, $"the client sent {what}");
        ClientLeft();
        return 0;
    }
}
