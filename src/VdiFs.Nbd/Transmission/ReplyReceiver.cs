using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using VdiFs.Nbd.Handshake;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Transmission;

/// <summary>
/// The receive loop of one connection: tells replies apart, checks each against its request before a byte of payload is
/// taken, and puts payloads where they belong. It leaves by an exception, always.
/// </summary>
internal sealed partial class ReplyReceiver
{
    private const int ScratchBytes = 64 * 1024;

    private readonly NbdConnection _connection;
    private readonly ReceiveBuffer _buffer;
    private readonly bool _isStructured;
    private readonly uint? _allocationContext;
    private readonly ExportName _name;
    private byte[]? _scratch;

    public ReplyReceiver(
        NbdConnection connection,
        ReceiveBuffer buffer,
        bool isStructured,
        uint? allocationContext,
        ExportName name)
    {
        _name = name;
        _connection = connection;
        _buffer = buffer;
        _isStructured = isStructured;
        _allocationContext = allocationContext;
    }

    /// <summary>
    /// The request whose reply is being handled: the one to blame when the loop ends by a broken rule.
    /// </summary>
    public PendingRequest? Current { get; private set; }

    /// <summary>Receives replies until the connection ends.</summary>
    /// <exception cref="NbdException">Protocol: the server broke a rule.</exception>
    /// <exception cref="IOException">The connection ended.</exception>
    public async Task RunAsync()
    {
        while (true)
        {
            Current = null;
            await _buffer.FillAsync(sizeof(uint)).ConfigureAwait(false);
            uint magic = BinaryPrimitives.ReadUInt32BigEndian(_buffer.Buffered);
            switch (magic)
            {
                case NbdMagic.StructuredReply when _isStructured:
                    await ReceiveChunkAsync().ConfigureAwait(false);
                    break;
                case NbdMagic.SimpleReply:
                    await ReceiveSimpleAsync().ConfigureAwait(false);
                    break;
                default:
                    throw NbdException.Protocol(
                        $"a reply starts with 0x{magic:x8}, which is no magic number of this session");
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveSimpleAsync()
    {
        await _buffer.FillAsync(SimpleReplyHeader.Size).ConfigureAwait(false);
        SimpleReplyHeader header = SimpleReplyHeader.Read(_buffer.Buffered);
        _buffer.Consume(SimpleReplyHeader.Size);
        PendingRequest request = Find(header.Cookie);
        if (_isStructured && request.Command == NbdCommand.Read)
        {
            throw NbdException.Protocol("a simple reply to a READ although structured replies were negotiated");
        }

        if (header.Error != 0)
        {
            request.AddError(ServerError(request, header.Error, null, ""));
        }
        else if (request.Command == NbdCommand.Read)
        {
            request.Claim((ulong)request.Offset, request.Length);
            await ReceiveDataAsync(request, 0, request.Length).ConfigureAwait(false);
        }
        else
        {
            throw NbdException.Protocol($"a simple reply to {request.Command} that is no error");
        }

        Finish(request);
    }

    /// <summary>Takes payload into the caller's memory, or past it when the caller has left.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveDataAsync(PendingRequest request, long position, long length)
    {
        long end = position + length;
        while (position < end)
        {
            _connection.Heard();
            await _buffer.WaitAsync().ConfigureAwait(false);
            if (!request.TryBeginReceive(_connection))
            {
                _scratch ??= new byte[ScratchBytes];
                int drained = (int)Math.Min(ScratchBytes, end - position);
                position += await _buffer.TakeAsync(_scratch.AsMemory(0, drained)).ConfigureAwait(false);
                continue;
            }

            try
            {
                position += await _buffer.TakeAsync(request.MemoryAt(position, end - position)).ConfigureAwait(false);
            }
            finally
            {
                request.EndReceive();
            }
        }
    }

    private PendingRequest Find(ulong cookie)
    {
        Current = _connection.Find(cookie);
        return Current
            ?? throw NbdException.Protocol($"a reply has the cookie 0x{cookie:x16}, which no request in flight has");
    }

    /// <summary>The last part of a reply has come: it is a success only if it is whole.</summary>
    private void Finish(PendingRequest request)
    {
        if (request.Error is null && request.Command == NbdCommand.Read && request.Covered != request.Length)
        {
            throw NbdException.Protocol($"a reply ended after {request.Covered} of {request.Length} bytes");
        }

        if (request.Error is null && request.Command == NbdCommand.BlockStatus && request.Extents is null)
        {
            throw NbdException.Protocol("a reply to BLOCK_STATUS ended without a status");
        }

        Current = null;
        _connection.Finish(request);
    }

    private static NbdException ServerError(PendingRequest request, uint error, long? offset, string said)
    {
        NbdErrno errno = (NbdErrno)unchecked((int)error);
        string text = said.Length == 0 ? "" : ": " + said;
        return new NbdException(
            NbdErrorKind.ServerError,
            $"the server answered {request.Command} of {request.Length} bytes at {request.Offset} "
            + $"with error {error} ({errno}){text}")
        {
            Errno = errno,
            Offset = offset ?? request.Offset,
        };
    }
}
