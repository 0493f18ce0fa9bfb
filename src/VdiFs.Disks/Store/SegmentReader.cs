using Microsoft.Win32.SafeHandles;

namespace VdiFs.Disks.Store;

/// <summary>Reads kept blocks of one disk, and takes none that is not exactly what was written for this disk and this
/// place. Thread-safe.</summary>
internal sealed class SegmentReader(BlockIndex index, ContentKey key, StoreCounters counters, TimeProvider time)
{
    /// <summary>How often a segment in use is marked as such: it is not among the oldest then.</summary>
    private static readonly TimeSpan TouchInterval = TimeSpan.FromMinutes(1);

    private readonly byte[] _digest = key.Digest();
    private int _hasSeenDamage;

    /// <summary>Told of the first damaged block.</summary>
    public Action<string>? OnDamage { get; init; }

    /// <summary>Reads neighbouring blocks as far as they are kept. Never throws for what the files are like.</summary>
    /// <param name="firstBlock">The first block.</param>
    /// <param name="places">Where each is; null: nowhere. Afterwards null for each that could not be had.</param>
    /// <param name="destination">A buffer of each block's own length; undefined after the read where it failed.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask ReadAsync(
        long firstBlock,
        BlockPlace?[] places,
        IReadOnlyList<Memory<byte>> destination,
        CancellationToken cancellationToken)
    {
        for (int first = 0; first < places.Length;)
        {
            int count = RunFrom(places, first);
            if (places[first] is { } place)
            {
                Run run = new(firstBlock + first, place, [.. destination.Take(first..(first + count))]);
                bool[] read = await ReadRunAsync(run, cancellationToken).ConfigureAwait(false);
                for (int i = 0; i < count; i++)
                {
                    places[first + i] = read[i] ? places[first + i] : null;
                }
            }

            first += count;
        }
    }

    // Blocks that lie one behind the other in one file, or one that is nowhere.
    private static int RunFrom(BlockPlace?[] places, int first)
    {
        int count = 1;
        if (places[first] is { } place)
        {
            while (first + count < places.Length
                && places[first + count] == place with { Slot = place.Slot + count })
            {
                count++;
            }
        }

        return count;
    }

    private async ValueTask<bool[]> ReadRunAsync(Run run, CancellationToken cancellationToken)
    {
        bool[] read = new bool[run.Buffers.Length];
        if (index.SegmentOf(run.Place) is not { } segment)
        {
            return read;
        }

        try
        {
            using SafeFileHandle file = IndexLoader.Open(segment.Path);
            await ReadRunAsync(file, segment, run, read, cancellationToken).ConfigureAwait(false);
            if (segment.IsToBeTouched(time, TouchInterval))
            {
                File.SetLastWriteTimeUtc(file, time.GetUtcNow().UtcDateTime);
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            // Somebody has made room.
            index.DropSegment(run.Place.Segment);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            for (int i = 0; i < read.Length; i++)
            {
                if (!read[i])
                {
                    Drop(run, i, $"{segment.Path}: {exception.Message}");
                }
            }
        }

        return read;
    }

    private async ValueTask ReadRunAsync(
        SafeFileHandle file, StoredSegment segment, Run run, bool[] read, CancellationToken cancellationToken)
    {
        byte[] slots = new byte[run.Buffers.Length * SegmentSlot.Size];
        int slotBytes = await RandomAccess
            .ReadAsync(file, slots, SegmentHeader.SlotOffset(run.Place.Slot), cancellationToken)
            .ConfigureAwait(false);
        long bytes = await RandomAccess
            .ReadAsync(file, run.Buffers, segment.Header.BlockOffset(run.Place.Slot), cancellationToken)
            .ConfigureAwait(false);
        for (int i = 0; i < read.Length; i++)
        {
            bytes -= run.Buffers[i].Length;
            slotBytes -= SegmentSlot.Size;
            read[i] = bytes >= 0
                && slotBytes >= 0
                && SegmentSlot.Of(_digest, run.FirstBlock + i, run.Buffers[i].Span)
                    == SegmentSlot.Read(slots.AsSpan(i * SegmentSlot.Size));
            if (read[i])
            {
                counters.CountHit(run.Buffers[i].Length);
            }
            else
            {
                Drop(run, i, $"{segment.Path}: slot {run.Place.Slot + i} does not hold what was written to it");
            }
        }
    }

    private void Drop(Run run, int i, string reason)
    {
        index.Drop(run.FirstBlock + i, run.Place with { Slot = run.Place.Slot + i });
        counters.CountDamaged();
        if (Interlocked.Exchange(ref _hasSeenDamage, 1) == 0)
        {
            OnDamage?.Invoke(reason);
        }
    }

    /// <summary>Blocks one behind the other, on the disk as well as in a segment.</summary>
    private sealed record Run(long FirstBlock, BlockPlace Place, Memory<byte>[] Buffers);
}
