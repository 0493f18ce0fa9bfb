using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Transmission;

/// <content>Structured reply chunks (proto.md, "Structured reply types").</content>
internal sealed partial class ReplyReceiver
{
    private const int ErrorFieldBytes = 6;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveChunkAsync()
    {
        await _buffer.FillAsync(ChunkHeader.Size).ConfigureAwait(false);
        ChunkHeader header = ChunkHeader.Read(_buffer.Buffered);
        _buffer.Consume(ChunkHeader.Size);
        PendingRequest request = Find(header.Cookie);
        bool isLast = (header.Flags & NbdChunkFlags.Done) != 0;
        switch (header.Type)
        {
            case NbdChunkType.None when header.Length == 0 && isLast:
                break;
            case NbdChunkType.OffsetData when request.Command == NbdCommand.Read:
                await ReceiveOffsetDataAsync(request, header.Length).ConfigureAwait(false);
                break;
            case NbdChunkType.OffsetHole when request.Command == NbdCommand.Read && header.Length == HoleChunk.Size:
                await ReceiveOffsetHoleAsync(request).ConfigureAwait(false);
                break;
            case NbdChunkType.BlockStatus when request.Command == NbdCommand.BlockStatus:
                await ReceiveBlockStatusAsync(request, header.Length).ConfigureAwait(false);
                break;
            case var type when ((ushort)type & 0x8000) != 0:
                await ReceiveErrorAsync(request, header).ConfigureAwait(false);
                break;
            default:
                throw NbdException.Protocol(
                    $"a chunk of type {(ushort)header.Type}, {header.Length} bytes and flags {(ushort)header.Flags} "
                    + $"does not fit {request.Command}");
        }

        if (isLast)
        {
            Finish(request);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveOffsetDataAsync(PendingRequest request, uint chunkLength)
    {
        if (chunkLength <= sizeof(ulong) || chunkLength - sizeof(ulong) > request.Length)
        {
            throw NbdException.Protocol(
                $"a data chunk has {chunkLength} bytes; "
                + $"expected 9 to {request.Length + sizeof(ulong)} for its request");
        }

        await _buffer.FillAsync(sizeof(ulong)).ConfigureAwait(false);
        ulong offset = BinaryPrimitives.ReadUInt64BigEndian(_buffer.Buffered);
        _buffer.Consume(sizeof(ulong));
        long length = chunkLength - sizeof(ulong);
        await ReceiveDataAsync(request, request.Claim(offset, length), length).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveOffsetHoleAsync(PendingRequest request)
    {
        await _buffer.FillAsync(HoleChunk.Size).ConfigureAwait(false);
        HoleChunk hole = HoleChunk.Read(_buffer.Buffered);
        _buffer.Consume(HoleChunk.Size);
        if (hole.Length == 0)
        {
            throw NbdException.Protocol("a hole chunk has 0 bytes");
        }

        long position = request.Claim(hole.Offset, hole.Length);
        long end = position + hole.Length;
        if (!request.TryBeginReceive(_connection))
        {
            return;
        }

        try
        {
            while (position < end)
            {
                Memory<byte> memory = request.MemoryAt(position, end - position);
                memory.Span.Clear();
                position += memory.Length;
            }
        }
        finally
        {
            request.EndReceive();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveBlockStatusAsync(PendingRequest request, uint chunkLength)
    {
        const uint LongestChunk = sizeof(uint) + (NbdLimits.ExtentsPerChunk * BlockDescriptor.Size);
        uint descriptorBytes = chunkLength - sizeof(uint);
        if (chunkLength < sizeof(uint) + BlockDescriptor.Size
            || chunkLength > LongestChunk
            || descriptorBytes % BlockDescriptor.Size != 0)
        {
            throw NbdException.Protocol(
                $"a block status chunk has {chunkLength} bytes; expected 4 and a multiple of 8, up to {LongestChunk}");
        }

        await _buffer.FillAsync(sizeof(uint)).ConfigureAwait(false);
        uint context = BinaryPrimitives.ReadUInt32BigEndian(_buffer.Buffered);
        _buffer.Consume(sizeof(uint));
        if (context != _allocationContext || request.Extents is not null)
        {
            throw NbdException.Protocol(
                $"a block status is for context {context}, which was not asked for or came before");
        }

        request.BeginExtents();
        long described = 0;
        for (uint taken = 0; taken < descriptorBytes; taken += BlockDescriptor.Size)
        {
            await _buffer.FillAsync(BlockDescriptor.Size).ConfigureAwait(false);
            BlockDescriptor descriptor = BlockDescriptor.Read(_buffer.Buffered);
            _buffer.Consume(BlockDescriptor.Size);
            if (descriptor.Length == 0 || described >= request.Length)
            {
                throw NbdException.Protocol(
                    $"an extent of {descriptor.Length} bytes "
                    + $"follows {described} bytes of a status for {request.Length} bytes");
            }

            // Only the last extent may run past the request; it is cut to what was asked.
            long length = Math.Min(descriptor.Length, request.Length - described);
            NbdExtentFlags flags = (NbdExtentFlags)descriptor.Flags & (NbdExtentFlags.Hole | NbdExtentFlags.Zero);
            request.AddExtent(new NbdExtent(length, flags));
            described += length;
        }
    }

    /// <summary>All error types start alike, also those that do not exist yet.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ReceiveErrorAsync(PendingRequest request, ChunkHeader header)
    {
        if (header.Length is < ErrorFieldBytes or > NbdLimits.ErrorChunkBytes
            || request.ErrorChunks >= NbdLimits.ErrorChunksPerReply)
        {
            throw NbdException.Protocol(
                $"error chunk {request.ErrorChunks + 1} of a reply has {header.Length} bytes; "
                + $"expected {ErrorFieldBytes} to {NbdLimits.ErrorChunkBytes}, "
                + $"and at most {NbdLimits.ErrorChunksPerReply} chunks");
        }

        int length = (int)header.Length;
        await _buffer.FillAsync(length).ConfigureAwait(false);
        request.AddError(ParseError(request, header.Type, _buffer.Buffered[..length]));
        _buffer.Consume(length);
    }

    private NbdException ParseError(PendingRequest request, NbdChunkType type, ReadOnlySpan<byte> payload)
    {
        uint error = BinaryPrimitives.ReadUInt32BigEndian(payload);
        int messageLength = BinaryPrimitives.ReadUInt16BigEndian(payload[4..]);
        int rest = payload.Length - ErrorFieldBytes - messageLength;
        bool isWhole = type switch
        {
            NbdChunkType.Error => rest == 0,
            NbdChunkType.ErrorOffset => rest == sizeof(ulong),
            _ => rest >= 0,
        };
        if (error == 0 || messageLength > NbdLimits.StringBytes || !isWhole)
        {
            throw NbdException.Protocol(
                $"an error chunk of type {(ushort)type} has error {error}, "
                + $"a message of {messageLength} bytes and {payload.Length} bytes in all");
        }

        long? offset = null;
        if (type == NbdChunkType.ErrorOffset)
        {
            ulong named = BinaryPrimitives.ReadUInt64BigEndian(payload[^sizeof(ulong)..]);
            if (named < (ulong)request.Offset || named - (ulong)request.Offset >= (ulong)request.Length)
            {
                throw NbdException.Protocol(
                    $"an error at {named} is outside its request of {request.Length} bytes at {request.Offset}");
            }

            offset = (long)named;
        }

        return ServerError(request, error, offset, _name.Hide(payload.Slice(ErrorFieldBytes, messageLength)));
    }
}
