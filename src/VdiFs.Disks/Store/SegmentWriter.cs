namespace VdiFs.Disks.Store;

/// <summary>Fills one segment, slot after slot. What is written is never changed again, and a slot is described only
/// when its bytes are there: a process that dies in between leaves an empty slot. Not thread-safe.</summary>
internal sealed class SegmentWriter : IDisposable
{
    private readonly IStoreFiles _files;
    private readonly FileStream _file;
    private readonly byte[] _digest;
    private int _next;
    private BlockIndex? _index;
    private int? _number;

    private SegmentWriter(IStoreFiles files, FileStream file, SegmentHeader header, ContentKey key)
    {
        _files = files;
        _file = file;
        _digest = key.Digest();
        Header = header;
    }

    /// <summary>The segment's head.</summary>
    public SegmentHeader Header { get; }

    /// <summary>The segment's file.</summary>
    public string Path => _file.Name;

    /// <summary>Slots that are empty.</summary>
    public int Free => Header.Slots - _next;

    /// <summary>When it was last written to, in batches of its writer.</summary>
    public long LastUse { get; set; }

    /// <summary>Makes a segment without blocks.</summary>
    /// <exception cref="IOException">It cannot be made; nothing of it is left.</exception>
    public static async Task<SegmentWriter> CreateAsync(
        IStoreFiles files, string path, SegmentHeader header, ContentKey key, CancellationToken cancellationToken)
    {
        FileStream file = files.Create(path, header.FileBytes);
        try
        {
            byte[] head = new byte[SegmentHeader.Size];
            header.Write(head);
            await files.WriteAsync(file.SafeFileHandle, head, 0, cancellationToken).ConfigureAwait(false);
            return new SegmentWriter(files, file, header, key);
        }
        catch
        {
            files.End(file, 0);
            throw;
        }
    }

    /// <summary>The segment's number in an index, which has memory for all its slots then; null when there is
    /// none.</summary>
    public int? NumberIn(BlockIndex index)
    {
        // The same disk may have been opened anew since, with another index.
        if (_number is null || _index != index)
        {
            _index = index;
            _number = index.TryAdd(Path, Header, Free);
        }

        return _number;
    }

    /// <summary>Writes blocks, at most as many as there are empty slots.</summary>
    /// <returns>The slot of the first; the others follow it.</returns>
    public async Task<int> AppendAsync(IReadOnlyList<QueuedBlock> blocks, CancellationToken cancellationToken)
    {
        int first = _next;
        byte[] slots = new byte[blocks.Count * SegmentSlot.Size];
        for (int i = 0; i < blocks.Count; i++)
        {
            QueuedBlock block = blocks[i];
            await _files.WriteAsync(
                _file.SafeFileHandle, block.Bytes, Header.BlockOffset(first + i), cancellationToken)
                .ConfigureAwait(false);
            SegmentSlot.Of(_digest, block.BlockNumber, block.Bytes.Span).Write(slots.AsSpan(i * SegmentSlot.Size));
        }

        await _files.WriteAsync(_file.SafeFileHandle, slots, SegmentHeader.SlotOffset(first), cancellationToken)
            .ConfigureAwait(false);
        _next += blocks.Count;
        return first;
    }

    /// <summary>Ends the segment: what it has not used of its room is free again.</summary>
    public void Dispose() => _files.End(_file, _next == 0 ? 0 : Header.BlockOffset(_next));
}
