namespace VdiFs.Formats.Reading;

/// <summary>
/// Stretches of a file in ascending order, of which no two touch. They lie in chunks, so that adding one among a million
/// moves few others.
/// </summary>
internal sealed class ClaimedRuns
{
    private const int ChunkCapacity = 1024;

    // None is empty.
    private readonly List<List<ClaimedRun>> _chunks = [];

    /// <summary>How many there are.</summary>
    internal int Count { get; private set; }

    /// <summary>All of them in ascending order.</summary>
    internal IEnumerable<ClaimedRun> All => _chunks.SelectMany(chunk => chunk);

    /// <summary>Adds a stretch of at least one byte.</summary>
    /// <returns>The first part of it that was there before; null if none was.</returns>
    internal ClaimedRun? Add(long start, long end)
    {
        (int chunk, int index) = FindEndingAtOrAfter(start);
        if (chunk == _chunks.Count || _chunks[chunk][index].Start > end)
        {
            Insert(chunk, index, new ClaimedRun(start, end));
            return null;
        }

        ClaimedRun? overlap = Overlap(_chunks[chunk][index], start, end);
        ClaimedRun merged = Union(_chunks[chunk][index], start, end);
        while (Following(chunk, index) is { } next && next.Run.Start <= end)
        {
            overlap ??= Overlap(next.Run, start, end);
            merged = Union(next.Run, merged.Start, merged.End);
            Remove(next.Chunk, next.Index);
        }

        _chunks[chunk][index] = merged;
        return overlap;
    }

    private static ClaimedRun? Overlap(ClaimedRun run, long start, long end) =>
        run.Start < end && run.End > start
            ? new ClaimedRun(Math.Max(run.Start, start), Math.Min(run.End, end))
            : null;

    private static ClaimedRun Union(ClaimedRun run, long start, long end) =>
        new(Math.Min(run.Start, start), Math.Max(run.End, end));

    private (int Chunk, int Index) FindEndingAtOrAfter(long offset)
    {
        int chunk = FirstWhere(_chunks.Count, index => _chunks[index][^1].End >= offset);
        return chunk == _chunks.Count
            ? (chunk, 0)
            : (chunk, FirstWhere(_chunks[chunk].Count, index => _chunks[chunk][index].End >= offset));
    }

    private static int FirstWhere(int count, Func<int, bool> isTrue)
    {
        int low = 0;
        int high = count;
        while (low < high)
        {
            int middle = low + (high - low) / 2;
            if (isTrue(middle))
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

    private (int Chunk, int Index, ClaimedRun Run)? Following(int chunk, int index)
    {
        if (index + 1 < _chunks[chunk].Count)
        {
            return (chunk, index + 1, _chunks[chunk][index + 1]);
        }

        return chunk + 1 < _chunks.Count ? (chunk + 1, 0, _chunks[chunk + 1][0]) : null;
    }

    private void Insert(int chunk, int index, ClaimedRun run)
    {
        Count++;
        if (chunk == _chunks.Count)
        {
            // Claims mostly come in ascending order: chunks are filled up.
            if (chunk == 0 || _chunks[chunk - 1].Count == ChunkCapacity)
            {
                _chunks.Add([run]);
            }
            else
            {
                _chunks[chunk - 1].Add(run);
            }

            return;
        }

        List<ClaimedRun> runs = _chunks[chunk];
        runs.Insert(index, run);
        if (runs.Count > ChunkCapacity)
        {
            _chunks.Insert(chunk + 1, runs[(ChunkCapacity / 2)..]);
            runs.RemoveRange(ChunkCapacity / 2, runs.Count - ChunkCapacity / 2);
        }
    }

    private void Remove(int chunk, int index)
    {
        Count--;
        _chunks[chunk].RemoveAt(index);
        if (_chunks[chunk].Count == 0)
        {
            _chunks.RemoveAt(chunk);
        }
    }
}
