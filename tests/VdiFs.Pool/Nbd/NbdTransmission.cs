using System.Buffers.Binary;
using VdiFs.Pool.Faults;

namespace VdiFs.Pool.Nbd;

/// <summary>The transmission phase of xapi-nbd: one request after the other (nbd: lib/server.ml, serve).</summary>
/// <param name="channel">The client.</param>
/// <param name="device">The disk.</param>
/// <param name="faults">What goes wrong.</param>
/// <param name="time">The pool's clock.</param>
internal sealed class NbdTransmission(NbdChannel channel, NbdDevice device, HostFaults faults, TimeProvider time)
{
    private const int SectorBytes = 512;

    private readonly byte[] _piece = new byte[NbdChannel.PieceBytes];

    /// <summary>Serves until the client leaves or errs.</summary>
    /// <exception cref="ConnectionEndedException">The server gives the client up.</exception>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        byte[] reply = NbdWire.ExportReply(device.Length);
        await channel.WriteAsync(reply.AsMemory(0, reply.Length / 2), cancellationToken);
        channel.CutAt(NbdHandshakeStep.WithinReply);
        await channel.WriteAsync(reply.AsMemory(reply.Length / 2), cancellationToken);
        channel.CutAt(NbdHandshakeStep.AfterReply);
        while (await ServeOneAsync(cancellationToken))
        {
        }
    }

    private async Task<bool> ServeOneAsync(CancellationToken cancellationToken)
    {
        byte[] request = await channel.ReadAsync(NbdWire.RequestBytes, cancellationToken);
        if (BinaryPrimitives.ReadUInt32BigEndian(request) != NbdWire.RequestMagic)
        {
            throw new ConnectionEndedException("bad request magic");
        }

        await Task.Delay(faults.NbdLatency, time, cancellationToken);
        ReadOnlyMemory<byte> cookie = request.AsMemory(8, 8);
        long offset = BinaryPrimitives.ReadInt64BigEndian(request.AsSpan(16));
        // Signed, as in OCaml: 2 GiB and more is less than nothing.
        int length = BinaryPrimitives.ReadInt32BigEndian(request.AsSpan(24));
        switch ((NbdCommand)BinaryPrimitives.ReadUInt32BigEndian(request.AsSpan(4)))
        {
            case NbdCommand.Disconnect:
                return false;
            case NbdCommand.Write:
                return await RefuseAsync(cookie, NbdWire.Eperm, cancellationToken);
            case NbdCommand.Read when offset % SectorBytes == 0 && length % SectorBytes == 0:
                await channel.WriteAsync(NbdWire.SimpleReply(cookie.Span, 0), cancellationToken);
                channel.CutAfterHeader();
                await SendAsync(offset, length, cancellationToken);
                return true;
            default:
                return await RefuseAsync(cookie, NbdWire.Einval, cancellationToken);
        }
    }

    private async Task<bool> RefuseAsync(
        ReadOnlyMemory<byte> cookie, int error, CancellationToken cancellationToken)
    {
        await channel.WriteAsync(NbdWire.SimpleReply(cookie.Span, error), cancellationToken);
        return false;
    }

    // The header has said OK already: whatever fails from here on can only end the connection.
    private async Task SendAsync(long diskOffset, int length, CancellationToken cancellationToken)
    {
        if (length < 0)
        {
            throw new ConnectionEndedException("negative length");
        }

        while (length > 0)
        {
            Memory<byte> piece = _piece.AsMemory(0, Math.Min(length, _piece.Length));
            await device.ReadAsync(diskOffset, piece, cancellationToken);
            await channel.WritePayloadAsync(piece, cancellationToken);
            diskOffset += piece.Length;
            length -= piece.Length;
        }
    }
}
