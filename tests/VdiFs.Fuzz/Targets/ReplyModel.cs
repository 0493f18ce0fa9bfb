using System.Buffers.Binary;
using VdiFs.Fuzz.Wire;
using VdiFs.Nbd;

namespace VdiFs.Fuzz.Targets;

/// <summary>
/// The rules of replies, written a second time, slowly and over an array: which requests succeed with which bytes. What
/// has not finished when a rule is broken or the bytes end, fails.
/// </summary>
internal sealed class ReplyModel
{
    private const int LongestError = 6 + 4096 + 64;
    private const int MostErrors = 1024;
    private const int MostExtents = 1 << 20;

    private readonly Dictionary<ulong, Pending> _pending;
    private readonly byte[] _bytes;
    private readonly bool _isStructured;
    private int _at;

    private ReplyModel(IEnumerable<SentRequest> requests, byte[] bytes, bool isStructured)
    {
        _pending = requests.ToDictionary(request => request.Cookie, request => new Pending(request));
        _bytes = bytes;
        _isStructured = isStructured;
    }

    /// <summary>The outcome of each request, in their order.</summary>
    public static IReadOnlyList<Outcome> Judge(
        IReadOnlyList<SentRequest> requests, byte[] bytes, bool isStructured)
    {
        ReplyModel model = new(requests, bytes, isStructured);
        Outcome[] outcomes = [.. requests.Select(request => model._pending[request.Cookie].Outcome)];
        while (model.TryReply())
        {
        }

        return outcomes;
    }

    /// <summary>False when a rule is broken or the bytes have ended.</summary>
    private bool TryReply() => Take(4, out ReadOnlySpan<byte> magic)
        && BinaryPrimitives.ReadUInt32BigEndian(magic) switch
        {
            0x67446698 => TrySimple(),
            0x668e33ef when _isStructured => TryChunk(),
            _ => false,
        };

    private bool TrySimple()
    {
        if (!Take(12, out ReadOnlySpan<byte> head)
            || !_pending.TryGetValue(BinaryPrimitives.ReadUInt64BigEndian(head[4..]), out Pending? pending)
            || (_isStructured && pending.IsRead))
        {
            return false;
        }

        uint error = BinaryPrimitives.ReadUInt32BigEndian(head);
        if (error != 0)
        {
            pending.SetError(error);
            return TryFinish(pending);
        }

        if (!pending.IsRead || !Take(pending.Length, out ReadOnlySpan<byte> data))
        {
            return false;
        }

        return pending.TryCover(pending.Start, data) && TryFinish(pending);
    }

    private bool TryChunk()
    {
        if (!Take(16, out ReadOnlySpan<byte> head)
            || !_pending.TryGetValue(BinaryPrimitives.ReadUInt64BigEndian(head[4..]), out Pending? pending))
        {
            return false;
        }

        bool isLast = (head[1] & 1) != 0;
        int type = BinaryPrimitives.ReadUInt16BigEndian(head[2..]);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(head[12..]);
        bool isGood = type switch
        {
            0 => length == 0 && isLast,
            1 => pending.IsRead && TryData(pending, length),
            2 => pending.IsRead && length == 12 && TryHole(pending),
            5 => !pending.IsRead && TryStatus(pending, length),
            >= 0x8000 => TryError(pending, type, length),
            _ => false,
        };
        return isGood && (!isLast || TryFinish(pending));
    }

    private bool TryData(Pending pending, uint length) =>
        length > 8
        && length - 8 <= pending.Length
        && Take(length, out ReadOnlySpan<byte> payload)
        && pending.TryCover(BinaryPrimitives.ReadUInt64BigEndian(payload), payload[8..]);

    private bool TryHole(Pending pending)
    {
        if (!Take(12, out ReadOnlySpan<byte> payload))
        {
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(payload[8..]);
        return length > 0
            && length <= pending.Length
            && pending.TryCover(BinaryPrimitives.ReadUInt64BigEndian(payload), new byte[length]);
    }

    private bool TryStatus(Pending pending, uint length)
    {
        if (length < 12 || (length - 4) % 8 != 0 || length > 4 + (8L * MostExtents)
            || pending.Extents is not null
            || !Take(length, out ReadOnlySpan<byte> payload)
            || BinaryPrimitives.ReadUInt32BigEndian(payload) != 7)
        {
            return false;
        }

        pending.Extents = [];
        long described = 0;
        for (int i = 4; i < payload.Length; i += 8)
        {
            uint extent = BinaryPrimitives.ReadUInt32BigEndian(payload[i..]);
            if (extent == 0 || described >= pending.Length)
            {
                return false;
            }

            long kept = Math.Min(extent, pending.Length - described);
            pending.Extents.Add(new NbdExtent(kept, (NbdExtentFlags)(payload[i + 7] & 3)));
            described += kept;
        }

        return true;
    }

    private bool TryError(Pending pending, int type, uint length)
    {
        if (length is < 6 or > LongestError
            || ++pending.Errors > MostErrors
            || !Take(length, out ReadOnlySpan<byte> payload))
        {
            return false;
        }

        uint error = BinaryPrimitives.ReadUInt32BigEndian(payload);
        int message = BinaryPrimitives.ReadUInt16BigEndian(payload[4..]);
        int rest = payload.Length - 6 - message;
        if (error == 0 || message > 4096 || rest < 0
            || (type == 0x8001 && rest != 0)
            || (type == 0x8002 && (rest != 8 || !pending.Has(BinaryPrimitives.ReadUInt64BigEndian(payload[^8..])))))
        {
            return false;
        }

        pending.SetError(error);
        return true;
    }

    private bool TryFinish(Pending pending)
    {
        _pending.Remove(pending.Cookie);
        return pending.TryFinish();
    }

    private bool Take(long count, out ReadOnlySpan<byte> taken)
    {
        if (count > _bytes.Length - _at)
        {
            taken = default;
            return false;
        }

        taken = _bytes.AsSpan(_at, (int)count);
        _at += (int)count;
        return true;
    }

    private sealed class Pending(SentRequest request)
    {
        private readonly byte[] _bytes = new byte[request.Command == 0 ? request.Length : 0];
        private readonly bool[] _isThere = new bool[request.Command == 0 ? request.Length : 0];

        public Outcome Outcome { get; } = new();

        public ulong Cookie => request.Cookie;

        public bool IsRead => request.Command == 0;

        public ulong Start => request.Offset;

        public long Length => request.Length;

        public int Errors { get; set; }

        public List<NbdExtent>? Extents { get; set; }

        public bool Has(ulong offset) => offset >= request.Offset && offset - request.Offset < request.Length;

        public void SetError(uint error) => Outcome.Error = Outcome.Error == 0 ? error : Outcome.Error;

        public bool TryCover(ulong offset, ReadOnlySpan<byte> data)
        {
            if (!Has(offset) || offset - request.Offset + (ulong)data.Length > request.Length)
            {
                return false;
            }

            int position = (int)(offset - request.Offset);
            if (_isThere.AsSpan(position, data.Length).Contains(true))
            {
                return false;
            }

            _isThere.AsSpan(position, data.Length).Fill(true);
            data.CopyTo(_bytes.AsSpan(position));
            return true;
        }

        public bool TryFinish()
        {
            if (Outcome.Error == 0 && (IsRead ? _isThere.Contains(false) : Extents is null))
            {
                return false;
            }

            Outcome.IsFinished = true;
            Outcome.Bytes = IsRead ? _bytes : null;
            Outcome.Extents = Extents;
            return true;
        }
    }
}
