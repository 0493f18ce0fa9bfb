using System.Collections.Concurrent;

namespace VdiFs.Pool.Content;

/// <summary>
/// One image of a chain: what was written since the image below was closed. A page is replaced as a whole, never
/// changed in place, so readers need no lock; writers are kept apart by <see cref="VdiContent"/>.
/// </summary>
internal sealed class ContentLayer(ContentLayer? parent, IContentSource source)
{
    /// <summary>The unit of writing, of CBT, and of qcow2.</summary>
    internal const int PageBytes = 64 * 1024;

    private readonly ConcurrentDictionary<long, byte[]> _pages = new();

    /// <summary>The pages written into this image.</summary>
    internal IEnumerable<long> WrittenPages => _pages.Keys;

    /// <summary>This image and those below it.</summary>
    internal IEnumerable<ContentLayer> Chain()
    {
        for (ContentLayer? layer = this; layer is not null; layer = layer.Parent)
        {
            yield return layer;
        }
    }

    /// <summary>The ranges this image has: what was written to it, and at the bottom what its source holds.</summary>
    internal IEnumerable<ByteRange> Ranges() =>
        source.Extents.Concat(_pages.Keys.Select(page => new ByteRange(page * PageBytes, PageBytes)));

    /// <summary>Fills a destination that lies within one page.</summary>
    internal void ReadWithinPage(long diskOffset, Span<byte> destination)
    {
        long page = diskOffset / PageBytes;
        ContentLayer layer = this;
        while (true)
        {
            if (layer._pages.TryGetValue(page, out byte[]? bytes))
            {
                bytes.AsSpan((int)(diskOffset % PageBytes), destination.Length).CopyTo(destination);
                return;
            }

            if (layer.Parent is null)
            {
                layer.Source.Read(diskOffset, destination);
                return;
            }

            layer = layer.Parent;
        }
    }

    internal void WriteWithinPage(long diskOffset, ReadOnlySpan<byte> data)
    {
        long page = diskOffset / PageBytes;
        byte[] bytes = new byte[PageBytes];
        ReadWithinPage(page * PageBytes, bytes);
        data.CopyTo(bytes.AsSpan((int)(diskOffset % PageBytes)));
        _pages[page] = bytes;
    }

    private ContentLayer? Parent => parent;

    private IContentSource Source => source;
}
