using System.Text;

namespace VdiFs.Xapi.Exports;

/// <summary>
/// The bytes of an export, front to back. XAPI says "200 OK" before it has attached the disk, so a failure comes as an
/// early end, or as a second HTTP reply in the middle of the bytes; both become exceptions here. Does not own the
/// stream.
/// </summary>
/// <param name="stream">The body of the reply.</param>
internal sealed class ExportBody(Stream stream)
{
    private const int PieceBytes = 64 * 1024;

    /// <summary>How much of what was read last is searched for a second reply; its first lines are enough.</summary>
    private const int TailBytes = 4096;

    private readonly byte[] _tail = new byte[TailBytes];
    private int _tailLength;
    private byte[]? _skipped;

    /// <summary>How many bytes were read so far.</summary>
    public long Position { get; private set; }

    private static ReadOnlySpan<byte> ReplyStart => "HTTP/1."u8;

    /// <summary>Fills the buffer.</summary>
    /// <exception cref="XapiException">BadExport: the stream ends before.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask ReadAsync(Memory<byte> destination, CancellationToken cancellationToken)
    {
        int filled = 0;
        while (filled < destination.Length)
        {
            int count = await stream.ReadAsync(destination[filled..], cancellationToken).ConfigureAwait(false);
            Position += count;
            Remember(destination.Span.Slice(filled, count));
            filled += count;
            if (count == 0)
            {
                throw Bad($"it ends after {Position} bytes, before its tables do");
            }
        }
    }

    /// <summary>Goes on to a position that is not behind.</summary>
    /// <exception cref="XapiException">BadExport: the stream ends before.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    public async ValueTask SkipToAsync(long position, CancellationToken cancellationToken)
    {
        _skipped ??= new byte[PieceBytes];
        while (Position < position)
        {
            int count = (int)Math.Min(_skipped.Length, position - Position);
            await ReadAsync(_skipped.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What is wrong with the export; a second reply in it explains more than any table does.</summary>
    public XapiException Bad(string fault) => new(
        XapiErrorKind.BadExport,
        SecondReply() is { } reply ? $"the export failed: {reply}" : $"the export is not usable: {fault}");

    private void Remember(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= TailBytes)
        {
            bytes[^TailBytes..].CopyTo(_tail);
            _tailLength = TailBytes;
            return;
        }

        int kept = Math.Min(_tailLength, TailBytes - bytes.Length);
        _tail.AsSpan(_tailLength - kept, kept).CopyTo(_tail);
        bytes.CopyTo(_tail.AsSpan(kept));
        _tailLength = kept + bytes.Length;
    }

    private string? SecondReply()
    {
        ReadOnlySpan<byte> tail = _tail.AsSpan(0, _tailLength);
        int start = tail.IndexOf(ReplyStart);
        if (start < 0)
        {
            return null;
        }

        ReadOnlySpan<byte> line = tail[start..];
        int end = line.IndexOfAny((byte)'\r', (byte)'\n');
        return ServerText.Shown(Encoding.ASCII.GetString(end < 0 ? line : line[..end]));
    }
}
