using System.Runtime.InteropServices;

namespace VdiFs.Simulation.Scenarios;

/// <summary>
/// The bytes of a disk as a function of its variant and the offset: each word of eight bytes tells where it belongs, so
/// that a byte from another place or another disk shows. Some granules are zero. Made once per process.
/// </summary>
internal sealed class DiskContent
{
    public const int GranuleBytes = 64 * 1024;

    /// <summary>Bytes of every variant; a disk is as long as this or shorter.</summary>
    public const int MaximumLength = 16 * 1024 * 1024;

    private const int VariantCount = 4;

    private static readonly Lazy<DiskContent>[] Variants =
        [.. Enumerable.Range(0, VariantCount).Select(variant => new Lazy<DiskContent>(() => new DiskContent(variant)))];

    private readonly byte[] _bytes = new byte[MaximumLength];
    private readonly bool[] _isZero = new bool[MaximumLength / GranuleBytes];

    private DiskContent(int variant)
    {
        Variant = variant;
        Random holes = new(variant);
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(_bytes.AsSpan());
        const int GranuleWords = GranuleBytes / sizeof(ulong);
        for (int granule = 0; granule < _isZero.Length; granule++)
        {
            // Never the first one: a disk of zeros cannot be told from another.
            _isZero[granule] = granule > 0 && holes.NextDouble() < (_isZero[granule - 1] ? 0.6 : 0.1);
            for (int i = 0; i < GranuleWords && !_isZero[granule]; i++)
            {
                int word = (granule * GranuleWords) + i;
                words[word] = ((ulong)word + 1 + ((ulong)variant << 40)) * 0x9E37_79B9_7F4A_7C15;
            }
        }
    }

    public int Variant { get; }

    public static DiskContent Of(int variant) => Variants[variant % VariantCount].Value;

    public ReadOnlyMemory<byte> Slice(long diskOffset, int length) => _bytes.AsMemory((int)diskOffset, length);

    /// <summary>The end of the run of zero or other granules that an offset lies in.</summary>
    public long RunEnd(long diskOffset, out bool isZero)
    {
        int granule = (int)(diskOffset / GranuleBytes);
        isZero = _isZero[granule];
        while (granule < _isZero.Length && _isZero[granule] == isZero)
        {
            granule++;
        }

        return (long)granule * GranuleBytes;
    }
}
