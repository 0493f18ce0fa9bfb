using System.Buffers.Binary;
using VdiFs.Simulation.Network;
using VdiFs.Simulation.Runs;
using VdiFs.Simulation.Scenarios;

namespace VdiFs.Simulation.Servers;

/// <summary>Answers the requests of one connection, as well as its host's faults let it.</summary>
internal sealed class RequestServer(Stage stage, SimulatedHost host, Connection connection, ServedDisk disk)
{
    private const int LateSeconds = 60;

    private readonly ServerManner _manner = stage.Scenario.Manner;
    private readonly HashSet<ulong> _cookies = [];

    /// <summary>Takes a request on; what is wrong with it, or null.</summary>
    public string? Take(ServerRequest request)
    {
        stage.Trace.Note("request", connection.Number, request.Offset, request.Length);
        if (Fault(request) is { } accusation)
        {
            return accusation;
        }

        Random chance = host.Chance;
        TimeSpan delay = TimeSpan.FromMicroseconds(chance.Next(20, 3000));
        if (host.Suffers(FaultKind.LateReplies))
        {
            stage.Struck(FaultKind.LateReplies, host.Number);
            delay += TimeSpan.FromSeconds(chance.NextDouble() * LateSeconds);
        }

        stage.Schedule.After(delay, () => Answer(request));
        return null;
    }

    private string? Fault(ServerRequest request)
    {
        uint unit = _manner.BlockSizes?.Minimum ?? 1;
        long longest = Math.Min(_manner.BlockSizes?.Maximum ?? uint.MaxValue, 32 * 1024 * 1024);
        return request switch
        {
            { Length: 0 } => "a request for nothing",
            _ when request.Offset < 0 || request.End > disk.Length => $"a request beyond the end: {request}",
            _ when request.Offset % unit != 0 => $"a request at an odd place: {request}",
            _ when request.Length % unit != 0 && request.End != disk.Length => $"a request of an odd length: {request}",
            { Command: Wire.CommandRead } when request.Length > longest => $"too long a read: {request}",
            { Command: Wire.CommandRead } or { Command: Wire.CommandBlockStatus } => _cookies.Add(request.Cookie)
                ? _cookies.Count > stage.Scenario.RequestsInFlight ? "more requests than allowed at once" : null
                : "a cookie that is in use",
            _ => $"a command that no reader needs: {request}",
        };
    }

    private void Answer(ServerRequest request)
    {
        _cookies.Remove(request.Cookie);
        stage.Trace.Note("answer", connection.Number, request.Offset, request.Length);
        if (host.Suffers(FaultKind.ReplyLie))
        {
            stage.Struck(FaultKind.ReplyLie, host.Number);
            connection.Send(ReplyLies.Draw(request, disk, _manner.IsStructured, host.Chance));
            return;
        }

        if (IsBad(request) && stage.Scenario.HangsUpAtBadSectors)
        {
            HangUp(request);
        }
        else if (ErrorFor(request) is { } error)
        {
            SendError(request.Cookie, error);
        }
        else if (request.Command == Wire.CommandBlockStatus)
        {
            SendStatus(request);
        }
        else if (_manner.IsStructured)
        {
            SendChunks(request);
        }
        else
        {
            connection.Send(
                Wire.SimpleReply(request.Cookie, 0), disk.Content.Slice(request.Offset, (int)request.Length));
        }
    }

    private bool IsBad(ServerRequest request) =>
        request.Command == Wire.CommandRead && host.IsBad(request.Offset, request.Length);

    /// <summary>
    /// Says that all is well, where replies are simple, and closes the connection in the place of the bytes.
    /// </summary>
    private void HangUp(ServerRequest request)
    {
        stage.Struck(FaultKind.BadSectors, host.Number);
        if (!_manner.IsStructured)
        {
            connection.Send(Wire.SimpleReply(request.Cookie, 0));
        }

        connection.Close(isReset: false);
    }

    private uint? ErrorFor(ServerRequest request)
    {
        if (host.Suffers(FaultKind.Shutdown))
        {
            stage.Struck(FaultKind.Shutdown, host.Number);
            return Wire.ErrorShutdown;
        }

        if (host.Suffers(FaultKind.TransientError))
        {
            stage.Struck(FaultKind.TransientError, host.Number);
            return Wire.ErrorInputOutput;
        }

        if (IsBad(request))
        {
            stage.Struck(FaultKind.BadSectors, host.Number);
            return Wire.ErrorInputOutput;
        }

        return null;
    }

    private void SendError(ulong cookie, uint error) =>
        connection.Send(
            _manner.IsStructured ? Wire.Error(cookie, error, isLast: true) : Wire.SimpleReply(cookie, error));

    /// <summary>Extents, sometimes fewer than asked for, the last one perhaps longer.</summary>
    private void SendStatus(ServerRequest request)
    {
        List<(uint Length, uint Flags)> extents = [];
        int count = host.Chance.Next(1, 64);
        for (long offset = request.Offset; offset < request.End && extents.Count < count;)
        {
            long end = Math.Min(disk.Content.RunEnd(offset, out bool isZero), disk.Length);
            extents.Add(((uint)(end - offset), isZero ? 3u : 0u));
            offset = end;
        }

        byte[] chunk = Wire.ChunkHeader(
            request.Cookie, Wire.ChunkStatus, true, 4 + (8 * extents.Count), 4 + (8 * extents.Count));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(20), Wire.AllocationContext);
        for (int i = 0; i < extents.Count; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(24 + (8 * i)), extents[i].Length);
            BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(28 + (8 * i)), extents[i].Flags);
        }

        connection.Send(chunk);
    }

    private void SendChunks(ServerRequest request)
    {
        (long Offset, int Length)[] pieces = Cut(request);
        host.Chance.Shuffle(pieces);
        bool endsApart = host.Chance.Next(4) == 0;
        TimeSpan delay = TimeSpan.Zero;
        for (int i = 0; i < pieces.Length; i++)
        {
            (long offset, int length) = pieces[i];
            bool isLast = i == pieces.Length - 1 && !endsApart;
            stage.Schedule.After(delay, () => SendPiece(request.Cookie, offset, length, isLast));
            delay += TimeSpan.FromMicroseconds(_manner.Fragments ? host.Chance.Next(1000) : 0);
        }

        if (endsApart)
        {
            stage.Schedule.After(
                delay, () => connection.Send(Wire.ChunkHeader(request.Cookie, Wire.ChunkNone, isLast: true, 0)));
        }
    }

    private void SendPiece(ulong cookie, long offset, int length, bool isLast)
    {
        bool isHole = disk.Content.RunEnd(offset, out bool isZero) >= offset + length && isZero;
        if (isHole)
        {
            connection.Send(Wire.Hole(cookie, offset, length, isLast));
        }
        else
        {
            connection.Send(Wire.DataHeader(cookie, offset, length, isLast), disk.Content.Slice(offset, length));
        }
    }

    private (long Offset, int Length)[] Cut(ServerRequest request)
    {
        if (!_manner.Fragments)
        {
            return [(request.Offset, (int)request.Length)];
        }

        List<(long Offset, int Length)> pieces = [];
        int longest = host.Chance.Next((int)(request.Length / 8) + 1, (int)request.Length + 1);
        for (long offset = request.Offset; offset < request.End;)
        {
            int length = (int)Math.Min(host.Chance.Next(1, longest + 1), request.End - offset);
            length = pieces.Count == 7 ? (int)(request.End - offset) : length;
            pieces.Add((offset, length));
            offset += length;
        }

        return [.. pieces];
    }
}
