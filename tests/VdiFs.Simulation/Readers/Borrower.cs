using VdiFs.Disks.Cache;
using VdiFs.Simulation.Scenarios;

namespace VdiFs.Simulation.Readers;

/// <summary>Holds what the cache lends for one read, and compares it with the disk.</summary>
internal sealed class Borrower(DiskContent content, long diskOffset) : IBlockBorrower
{
    private readonly List<(nint Address, int Length, CacheBlock Lease)> _pieces = [];

    /// <summary>Bytes lent so far.</summary>
    public int Length { get; private set; }

    public void Borrow(nint address, int length, CacheBlock lease)
    {
        _pieces.Add((address, length, lease));
        Length += length;
    }

    /// <summary>The disk offset of the first byte that is not the disk's; null when all are.</summary>
    public unsafe long? FindWrongByte()
    {
        long position = diskOffset;
        foreach ((nint address, int length, _) in _pieces)
        {
            ReadOnlySpan<byte> expected = content.Slice(position, length).Span;
            int same = new ReadOnlySpan<byte>((void*)address, length).CommonPrefixLength(expected);
            if (same < length)
            {
                return position + same;
            }

            position += length;
        }

        return null;
    }

    /// <summary>Gives everything back.</summary>
    public void Return()
    {
        foreach ((_, _, CacheBlock lease) in _pieces)
        {
            lease.Dispose();
        }

        _pieces.Clear();
    }
}
