using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Transmission;

/// <summary>
/// Which bytes of one READ have come. Chunks may arrive in any order but never twice, and success needs every byte:
/// a gap that went unnoticed would be stale memory served as disk.
/// </summary>
internal sealed class ByteCoverage
{
    /// <summary>Pieces that do not touch, sorted; chunks in order keep it at one.</summary>
    private readonly List<(long Start, long End)> _pieces = [];

    /// <summary>Bytes covered so far.</summary>
    public long Covered { get; private set; }

    /// <summary>Forgets everything, for the next request.</summary>
    public void Clear()
    {
        _pieces.Clear();
        Covered = 0;
    }

    /// <summary>Takes a range in; false when a byte of it was there already.</summary>
    /// <exception cref="NbdException">Protocol: the reply is in more pieces than the limit.</exception>
    public bool TryAdd(long start, long length)
    {
        long end = start + length;
        int next = FirstAfter(start);
        bool touchesPrevious = next > 0 && _pieces[next - 1].End == start;
        bool touchesNext = next < _pieces.Count && _pieces[next].Start == end;
        if ((next > 0 && _pieces[next - 1].End > start) || (next < _pieces.Count && _pieces[next].Start < end))
        {
            return false;
        }

        Covered += length;
        if (touchesPrevious && touchesNext)
        {
            _pieces[next - 1] = (_pieces[next - 1].Start, _pieces[next].End);
            _pieces.RemoveAt(next);
        }
        else if (touchesPrevious)
        {
            _pieces[next - 1] = (_pieces[next - 1].Start, end);
        }
        else if (touchesNext)
        {
            _pieces[next] = (start, _pieces[next].End);
        }
        else if (_pieces.Count < NbdLimits.PiecesPerReply)
        {
            _pieces.Insert(next, (start, end));
        }
        else
        {
            throw NbdException.Protocol($"a reply is in more than {NbdLimits.PiecesPerReply} separate pieces");
        }

        return true;
    }

    /// <summary>Index of the first piece that starts after <paramref name="position"/>.</summary>
    private int FirstAfter(long position)
    {
        int low = 0;
        int high = _pieces.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (_pieces[middle].Start > position)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
