namespace VdiFs.Pool.Content;

/// <summary>A disk as the top of a chain of images; a snapshot closes the top and puts two new ones on it.</summary>
public sealed class VdiContent : IVdiContent
{
    public const int VhdGranuleBytes = 2 * 1024 * 1024;

    private readonly Lock _writing = new();
    private volatile ContentLayer _top;
    private volatile IReadOnlyList<ByteRange> _badRanges = [];

    /// <param name="length">Bytes, a positive multiple of 512.</param>
    /// <param name="image">What the bytes lie in.</param>
    /// <param name="source">What the disk holds at first.</param>
    public VdiContent(long length, VdiImage image, IContentSource source)
        : this(length, image, new ContentLayer(null, source))
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(length % 512, 0);
    }

    private VdiContent(long length, VdiImage image, ContentLayer top)
    {
        Length = length;
        Image = image;
        _top = top;
    }

    public long Length { get; }

    public VdiImage Image { get; }

    public int GranuleBytes => Image == VdiImage.Vhd ? VhdGranuleBytes : ContentLayer.PageBytes;

    public IReadOnlyList<ByteRange> BadRanges
    {
        get => _badRanges;
        set => _badRanges = value;
    }

    public ValueTask ReadAsync(long diskOffset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        CheckRange(diskOffset, destination.Length);
        if (_badRanges.Any(bad => bad.Overlaps(diskOffset, destination.Length)))
        {
            throw new VdiIoException(diskOffset, destination.Length);
        }

        ContentLayer top = _top;
        Span<byte> rest = destination.Span;
        while (rest.Length > 0)
        {
            int count = (int)Math.Min(rest.Length, RestOfPage(diskOffset));
            top.ReadWithinPage(diskOffset, rest[..count]);
            rest = rest[count..];
            diskOffset += count;
        }

        return ValueTask.CompletedTask;
    }

    public void Write(long diskOffset, ReadOnlySpan<byte> data)
    {
        CheckRange(diskOffset, data.Length);
        lock (_writing)
        {
            while (data.Length > 0)
            {
                int count = (int)Math.Min(data.Length, RestOfPage(diskOffset));
                _top.WriteWithinPage(diskOffset, data[..count]);
                data = data[count..];
                diskOffset += count;
            }
        }
    }

    public void Become(IContentSource source)
    {
        byte[] mine = new byte[ContentLayer.PageBytes];
        byte[] wanted = new byte[ContentLayer.PageBytes];
        lock (_writing)
        {
            foreach (long page in PagesOf(_top.Chain().SelectMany(layer => layer.Ranges()).Concat(source.Extents)))
            {
                long diskOffset = page * ContentLayer.PageBytes;
                int count = (int)Math.Min(ContentLayer.PageBytes, Length - diskOffset);
                _top.ReadWithinPage(diskOffset, mine.AsSpan(0, count));
                source.Read(diskOffset, wanted.AsSpan(0, count));
                if (!mine.AsSpan(0, count).SequenceEqual(wanted.AsSpan(0, count)))
                {
                    _top.WriteWithinPage(diskOffset, wanted.AsSpan(0, count));
                }
            }
        }
    }

    public IReadOnlyList<long> AllocatedGranules() => Image == VdiImage.Raw
        ? [.. LongRange((Length + GranuleBytes - 1) / GranuleBytes)]
        : GranulesOf(_top.Chain());

    public IReadOnlyList<long> GranulesSince(IVdiContent baseContent) => GranulesOf(Difference(baseContent));

    public byte[] ChangedBlocksSince(IVdiContent older)
    {
        if (ReferenceEquals(older, this))
        {
            throw new InvalidOperationException("Source and target VDI are the same.");
        }

        long blocks = (Length + ContentLayer.PageBytes - 1) / ContentLayer.PageBytes;
        byte[] bitmap = new byte[(blocks + 7) / 8];
        foreach (long page in Difference(older).SelectMany(layer => layer.WrittenPages))
        {
            bitmap[page / 8] |= (byte)(0x80 >> (int)(page % 8));
        }

        return bitmap;
    }

    public IVdiContent Snapshot()
    {
        if (Image == VdiImage.Raw)
        {
            throw new InvalidOperationException("A raw disk has no snapshots.");
        }

        lock (_writing)
        {
            ContentLayer closed = _top;
            _top = new ContentLayer(closed, EmptySource.Instance);
            return new VdiContent(Length, Image, new ContentLayer(closed, EmptySource.Instance));
        }
    }

    public void RevertTo(IVdiContent snapshot)
    {
        _ = Difference(snapshot);
        lock (_writing)
        {
            _top = new ContentLayer(((VdiContent)snapshot)._top, EmptySource.Instance);
        }
    }

    private static long RestOfPage(long diskOffset) =>
        ContentLayer.PageBytes - (diskOffset % ContentLayer.PageBytes);

    private static IEnumerable<long> LongRange(long count)
    {
        for (long i = 0; i < count; i++)
        {
            yield return i;
        }
    }

    /// <summary>The images that only one of the two chains has.</summary>
    private List<ContentLayer> Difference(IVdiContent other)
    {
        if (Image == VdiImage.Raw || other is not VdiContent related)
        {
            throw new InvalidOperationException("The two disks have no chain.");
        }

        HashSet<ContentLayer> mine = [.. _top.Chain()];
        HashSet<ContentLayer> both = [.. related._top.Chain()];
        both.IntersectWith(mine);
        return both.Count == 0
            ? throw new InvalidOperationException("Source and target VDI are unrelated.")
            : [.. mine.Concat(related._top.Chain()).Where(layer => !both.Contains(layer))];
    }

    private List<long> GranulesOf(IEnumerable<ContentLayer> layers) =>
        Touched(layers.SelectMany(layer => layer.Ranges()), GranuleBytes);

    private List<long> PagesOf(IEnumerable<ByteRange> ranges) => Touched(ranges, ContentLayer.PageBytes);

    /// <summary>The units of a size that any of the ranges touches, ascending.</summary>
    private List<long> Touched(IEnumerable<ByteRange> ranges, int unitBytes)
    {
        SortedSet<long> units = [];
        foreach (ByteRange range in ranges)
        {
            for (long unit = range.Offset / unitBytes; unit * unitBytes < Math.Min(range.End, Length); unit++)
            {
                units.Add(unit);
            }
        }

        return [.. units];
    }

    private void CheckRange(long diskOffset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(diskOffset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(diskOffset, Length - length);
    }
}
