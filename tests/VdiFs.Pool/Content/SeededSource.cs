using System.Buffers.Binary;

namespace VdiFs.Pool.Content;

/// <summary>Bytes computed from a seed and their place, in given extents: terabytes without memory.</summary>
public sealed class SeededSource : IContentSource
{
    private const int WordBytes = sizeof(ulong);

    private readonly ulong _seed;
    private readonly ByteRange[] _extents;

    /// <param name="seed">Equal seeds give equal bytes.</param>
    /// <param name="extents">Ascending, apart, with bounds that are multiples of 512.</param>
    public SeededSource(ulong seed, IEnumerable<ByteRange> extents)
    {
        _seed = seed;
        _extents = [.. extents];
        for (int i = 0; i < _extents.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfNotEqual((_extents[i].Offset | _extents[i].Length) % 512, 0);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(_extents[i].Length);
            ArgumentOutOfRangeException.ThrowIfLessThan(_extents[i].Offset, i == 0 ? 0 : _extents[i - 1].End);
        }
    }

    public IReadOnlyList<ByteRange> Extents => _extents;

    public void Read(long diskOffset, Span<byte> destination)
    {
        destination.Clear();
        long end = diskOffset + destination.Length;
        for (int i = FirstEndingAfter(diskOffset); i < _extents.Length && _extents[i].Offset < end; i++)
        {
            long from = Math.Max(diskOffset, _extents[i].Offset);
            long to = Math.Min(end, _extents[i].End);
            Generate(from, destination[(int)(from - diskOffset)..(int)(to - diskOffset)]);
        }
    }

    private int FirstEndingAfter(long diskOffset)
    {
        int low = 0;
        int high = _extents.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _extents[middle].End > diskOffset ? (low, middle) : (middle + 1, high);
        }

        return low;
    }

    private void Generate(long diskOffset, Span<byte> destination)
    {
        Span<byte> word = stackalloc byte[WordBytes];
        while (destination.Length > 0)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Mix(_seed + (ulong)(diskOffset / WordBytes)));
            ReadOnlySpan<byte> part = word[(int)(diskOffset % WordBytes)..];
            part = part[..Math.Min(part.Length, destination.Length)];
            part.CopyTo(destination);
            destination = destination[part.Length..];
            diskOffset += part.Length;
        }
    }

    // SplitMix64: every place gets its own word, so that bytes in a wrong place never look right.
    private static ulong Mix(ulong value)
    {
        unchecked
        {
            value += 0x9E3779B97F4A7C15UL;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
            return value ^ (value >> 31);
        }
    }
}
