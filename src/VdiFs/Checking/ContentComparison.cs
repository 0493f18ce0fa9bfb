using System.Runtime.CompilerServices;

namespace VdiFs.Checking;

/// <summary>
/// Compares two disks part by part. What both know to be zeros is not read; of the rest a few chunks are in flight, so
/// that a distant disk is read as fast as its line allows.
/// </summary>
/// <param name="image">What is judged.</param>
/// <param name="disk">What it should be.</param>
/// <param name="report">Told how many bytes are compared.</param>
internal sealed class ContentComparison(IComparedDisk image, IComparedDisk disk, Action<long> report)
{
    /// <summary>What one difference speaks for.</summary>
    public const int PartBytes = 64 * 1024;

    private const int SectorBytes = 512;
    private const int ChunkBytes = 1024 * 1024;

    // 8 MiB under way: a line of 1 GiB/s with 5 ms of latency is kept full.
    private const int MaxChunks = 8;

    private long Length => Math.Max(image.Length, disk.Length);

    /// <summary>Why the disks cannot be equal: their lengths. Null when one is the other in whole sectors.</summary>
    public string? LengthDifference =>
        image.Length == disk.Length || IsPadded(image.Length, disk.Length) || IsPadded(disk.Length, image.Length)
            ? null
            : $"length of the disk: expected {disk.Length}, found {image.Length}";

    /// <summary>Every part that differs, in the order of the disk. Behind the end of the shorter disk there are zeros.
    /// </summary>
    public async IAsyncEnumerable<ContentDifference> RunAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Queue<Chunk> underWay = new();
        Stack<Chunk> free = new();
        try
        {
            for (long offset = 0; offset < Length || underWay.Count > 0;)
            {
                if (offset < Length && underWay.Count < MaxChunks)
                {
                    long length = FindWork(ref offset, reading.Token);
                    if (length > 0)
                    {
                        Chunk chunk = free.TryPop(out Chunk? used) ? used : new Chunk();
                        underWay.Enqueue(chunk);
                        await chunk.StartAsync(image, disk, offset, (int)length, reading.Token);
                        offset += length;
                    }

                    continue;
                }

                Chunk done = underWay.Dequeue();
                foreach (ContentDifference difference in await done.CompareAsync())
                {
                    yield return difference;
                }

                report(done.End);
                free.Push(done);
            }

            report(Length);
        }
        finally
        {
            // Whoever has seen enough closes the disk next.
            await reading.CancelAsync();
            foreach (Chunk chunk in underWay)
            {
                await chunk.EndAsync();
            }
        }
    }

    private static bool IsPadded(long padded, long length) =>
        padded > length && padded - length < SectorBytes && padded % SectorBytes == 0;

    /// <summary>Moves on to what has to be read, and says how much of it; 0 at the end.</summary>
    private long FindWork(ref long offset, CancellationToken cancellationToken)
    {
        while (offset < Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (bool isZeroInImage, long inImage) = Locate(image, offset);
            (bool isZeroInDisk, long inDisk) = Locate(disk, offset);
            if (!isZeroInImage || !isZeroInDisk)
            {
                return Math.Min(ChunkBytes - offset % ChunkBytes, Length - offset);
            }

            offset += Math.Min(inImage, inDisk);
        }

        return 0;
    }

    private (bool IsZero, long Length) Locate(IComparedDisk of, long offset) =>
        offset < of.Length ? of.Locate(offset, of.Length - offset) : (true, Length - offset);

    /// <summary>A stretch of both disks.</summary>
    private sealed class Chunk
    {
        private readonly byte[] _imageBytes = new byte[ChunkBytes];
        private readonly byte[] _diskBytes = new byte[ChunkBytes];
        private Task _reading = Task.CompletedTask;
        private long _offset;
        private int _length;

        public long End => _offset + _length;

        /// <summary>Begins to read the disk, and reads the image meanwhile.</summary>
        public async ValueTask StartAsync(
            IComparedDisk image, IComparedDisk disk, long offset, int length, CancellationToken cancellationToken)
        {
            _offset = offset;
            _length = length;
            _reading = ReadAsync(disk, _diskBytes, cancellationToken);
            await ReadAsync(image, _imageBytes, cancellationToken);
        }

        /// <summary>What differs, once both are read.</summary>
        public async ValueTask<IReadOnlyList<ContentDifference>> CompareAsync()
        {
            await _reading;
            if (_imageBytes.AsSpan(0, _length).SequenceEqual(_diskBytes.AsSpan(0, _length)))
            {
                return [];
            }

            List<ContentDifference> found = [];
            for (int start = 0; start < _length;)
            {
                int end = Math.Min(_length, start + (int)(PartBytes - (_offset + start) % PartBytes));
                if (ComparePart(start, end) is { } difference)
                {
                    found.Add(difference);
                }

                start = end;
            }

            return found;
        }

        /// <summary>Waits until nothing reads any more, whatever came of it.</summary>
        public async ValueTask EndAsync() => await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        private ContentDifference? ComparePart(int start, int end)
        {
            int first = start
                + _imageBytes.AsSpan(start, end - start).CommonPrefixLength(_diskBytes.AsSpan(start, end - start));
            if (first == end)
            {
                return null;
            }

            int bytes = 0;
            for (int index = first; index < end; index++)
            {
                bytes += _imageBytes[index] == _diskBytes[index] ? 0 : 1;
            }

            return new ContentDifference(_offset + first, _diskBytes[first], _imageBytes[first], bytes);
        }

        private Task ReadAsync(IComparedDisk of, byte[] bytes, CancellationToken cancellationToken)
        {
            int inside = (int)Math.Clamp(of.Length - _offset, 0, _length);
            bytes.AsSpan(inside, _length - inside).Clear();
            return inside == 0
                ? Task.CompletedTask
                : of.ReadAsync(_offset, bytes.AsMemory(0, inside), cancellationToken).AsTask();
        }
    }
}
