using System.Text.Json;

namespace VdiFs.Xapi.Rpc;

/// <summary>
/// Reads JSON from a stream token by token or value by value, holding no more than one value. Not thread-safe; does not
/// own the stream.
/// </summary>
/// <param name="stream">UTF-8, as XAPI writes it.</param>
/// <param name="totalLimitBytes">Longest text.</param>
/// <param name="valueLimitBytes">Longest value that <see cref="ValueAsync"/> returns.</param>
internal sealed class JsonFeed(Stream stream, long totalLimitBytes, int valueLimitBytes)
{
    private const int PieceBytes = 64 * 1024;

    private readonly BareNumberFilter _filter = new();
    private readonly byte[] _piece = new byte[PieceBytes];
    private byte[] _buffer = new byte[BareNumberFilter.LongestOutput(PieceBytes)];
    private int _start;
    private int _end;
    private long _received;
    private bool _isComplete;
    private JsonReaderState _state;
    private JsonDocument? _value;

    /// <summary>The text of the last token when it was a string or a property name; else empty.</summary>
    public string Text { get; private set; } = "";

    /// <summary>The next token.</summary>
    /// <exception cref="JsonException">It is no JSON, or ends too early, or is too long.</exception>
    public async ValueTask<JsonTokenType> NextAsync(CancellationToken cancellationToken)
    {
        JsonTokenType token;
        while (!TryNext(out token))
        {
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }

        return token;
    }

    /// <summary>The next value as a whole; the caller disposes of it.</summary>
    /// <exception cref="JsonException">It is no JSON, or ends too early, or is too long.</exception>
    public async ValueTask<JsonDocument> ValueAsync(CancellationToken cancellationToken)
    {
        while (!TryValue())
        {
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }

        JsonDocument value = _value!;
        _value = null;
        return value;
    }

    /// <summary>The next item of an array that has begun, which the caller disposes of; null at its end.</summary>
    /// <exception cref="JsonException">It is no JSON, or ends too early, or is too long.</exception>
    public async ValueTask<JsonDocument?> ItemAsync(CancellationToken cancellationToken)
    {
        bool isEnd;
        while (!TryEnd(out isEnd))
        {
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }

        return isEnd ? null : await ValueAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Passes over the next value.</summary>
    /// <exception cref="JsonException">It is no JSON, or ends too early, or is too long.</exception>
    public async ValueTask SkipAsync(CancellationToken cancellationToken)
    {
        using JsonDocument skipped = await ValueAsync(cancellationToken).ConfigureAwait(false);
    }

    private bool TryNext(out JsonTokenType token)
    {
        Utf8JsonReader reader = Reader();
        if (!reader.Read())
        {
            token = JsonTokenType.None;
            return _isComplete ? throw new JsonException("it ends too early") : false;
        }

        token = reader.TokenType;
        Text = token is JsonTokenType.String or JsonTokenType.PropertyName ? reader.GetString()! : "";
        Advance(reader);
        return true;
    }

    private bool TryEnd(out bool isEnd)
    {
        Utf8JsonReader reader = Reader();
        isEnd = false;
        if (!reader.Read())
        {
            return _isComplete ? throw new JsonException("it ends too early") : false;
        }

        isEnd = reader.TokenType == JsonTokenType.EndArray;
        if (isEnd)
        {
            Advance(reader);
        }

        return true;
    }

    private bool TryValue()
    {
        Utf8JsonReader reader = Reader();
        if (!JsonDocument.TryParseValue(ref reader, out _value))
        {
            return _isComplete ? throw new JsonException("it ends too early") : false;
        }

        Advance(reader);
        return true;
    }

    private Utf8JsonReader Reader() => new(_buffer.AsSpan(_start, _end - _start), _isComplete, _state);

    private void Advance(Utf8JsonReader reader)
    {
        _state = reader.CurrentState;
        _start += (int)reader.BytesConsumed;
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        MakeRoom();

        // As much as was needed in vain once more: a long value is not parsed again for every piece of it.
        int wanted = Math.Max(1, _end - _start);
        do
        {
            int count = await stream.ReadAsync(_piece, cancellationToken).ConfigureAwait(false);
            _isComplete = count == 0;
            _received += count;
            if (_received > totalLimitBytes)
            {
                throw new JsonException($"it is longer than {totalLimitBytes} bytes");
            }

            wanted -= count;
            MakeRoom();
            _end += _filter.Filter(_piece.AsSpan(0, count), _buffer.AsSpan(_end));
        }
        while (wanted > 0 && !_isComplete);
    }

    private void MakeRoom()
    {
        int room = BareNumberFilter.LongestOutput(PieceBytes);
        if (_buffer.Length - _end >= room)
        {
            return;
        }

        int held = _end - _start;
        if (held > valueLimitBytes)
        {
            throw new JsonException($"one value is longer than {valueLimitBytes} bytes");
        }

        byte[] target = held + room > _buffer.Length ? new byte[(held * 2) + room] : _buffer;
        _buffer.AsSpan(_start, held).CopyTo(target);
        _buffer = target;
        _start = 0;
        _end = held;
    }
}
