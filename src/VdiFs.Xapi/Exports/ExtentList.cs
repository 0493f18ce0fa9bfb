namespace VdiFs.Xapi.Exports;

/// <summary>Collects allocated ranges in ascending order; those that touch become one.</summary>
/// <param name="diskBytes">Where the disk ends; what lies behind is cut off.</param>
internal sealed class ExtentList(long diskBytes)
{
    /// <summary>
    /// 128 MiB of memory. A qcow2 of 1 TiB with every second cluster allocated has this many; more is refused rather
    /// than held.
    /// </summary>
    private const int Longest = 8 * 1024 * 1024;

    private readonly List<(long Offset, long Length)> _extents = [];

    public IReadOnlyList<(long Offset, long Length)> Extents => _extents;

    /// <summary>Adds a range behind all others.</summary>
    /// <exception cref="XapiException">BadExport: there are too many.</exception>
    public void Add(long offset, long length)
    {
        long end = Math.Min(offset + length, diskBytes);
        if (end <= offset)
        {
            return;
        }

        if (_extents.Count > 0 && _extents[^1].Offset + _extents[^1].Length == offset)
        {
            _extents[^1] = (_extents[^1].Offset, end - _extents[^1].Offset);
            return;
        }

        if (_extents.Count == Longest)
        {
            throw new XapiException(
                XapiErrorKind.BadExport,
                $"the disk's allocation is in more than {Longest} pieces, which is too many to hold");
        }

        _extents.Add((offset, end - offset));
    }
}
