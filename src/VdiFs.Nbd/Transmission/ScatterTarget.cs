namespace VdiFs.Nbd.Transmission;

/// <summary>Where the bytes of one READ go: a run of bytes inside a list of buffers, reached by position.</summary>
internal struct ScatterTarget
{
    private readonly IReadOnlyList<Memory<byte>>? _buffers;
    private readonly long _skip;
    private int _index;
    private long _indexStart;

    /// <param name="buffers">The buffers, in order.</param>
    /// <param name="skip">Bytes of the list that belong to others before position 0.</param>
    public ScatterTarget(IReadOnlyList<Memory<byte>> buffers, long skip)
    {
        _buffers = buffers;
        _skip = skip;
    }

    /// <summary>
    /// The memory from <paramref name="position"/> on, not empty, up to the end of its buffer
    /// or <paramref name="length"/> bytes.
    /// </summary>
    public Memory<byte> At(long position, long length)
    {
        long wanted = _skip + position;
        if (wanted < _indexStart)
        {
            _index = 0;
            _indexStart = 0;
        }

        Memory<byte> buffer = _buffers![_index];
        while (wanted - _indexStart >= buffer.Length)
        {
            _indexStart += buffer.Length;
            buffer = _buffers[++_index];
        }

        int start = (int)(wanted - _indexStart);
        return buffer.Slice(start, (int)Math.Min(length, buffer.Length - start));
    }
}
