using VdiFs.Formats.Allocation;
using VdiFs.Nbd;

namespace VdiFs.Disks.Servers;

/// <summary>Asks an NBD server which parts of an export hold data (block status, context base:allocation).</summary>
internal static class NbdAllocationReader
{
    // One question covers at most this much: the protocol's length is 32 bits and servers answer in extents anyway.
    private const long QuestionBytes = 2L << 30;

    // Beyond this the questions alone would take minutes, and a map more than half a GiB.
    private const long MaximumLength = 256L << 40;

    // Questions on their way at once; enough to hide a link's latency.
    private const int Questions = 8;

    // Answers that are taken for one range. A server that answers in tinier pieces than that would keep whoever opens
    // the disk waiting for ever: the rest of the range counts as allocated, which is never wrong.
    private const int AnswersPerRange = 65_536;

    /// <summary>Whether the server tells; if not, everything counts as allocated.</summary>
    public static bool CanRead(NbdExport export) => export.HasBaseAllocation && export.Length <= MaximumLength;

    /// <param name="length">The disk's length in bytes.</param>
    /// <param name="ask">Asks for the status of (offset, length); see NbdClient.GetBlockStatusAsync.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    public static async Task<AllocationMap> ReadAsync(
        long length,
        Func<long, long, CancellationToken, Task<IReadOnlyList<NbdExtent>>> ask,
        CancellationToken cancellationToken)
    {
        var builder = new AllocationMapBuilder(length, AllocationMap.DefaultGranuleBytes);
        var gate = new Lock();
        var options = new ParallelOptions
        {
            MaxDegreeOfParallelism = Questions,
            CancellationToken = cancellationToken,
        };
        await Parallel.ForEachAsync(Ranges(length), options, async (range, token) =>
            await ReadRangeAsync(ask, range.Start, range.End, builder, gate, token).ConfigureAwait(false))
            .ConfigureAwait(false);
        return builder.Build();
    }

    private static IEnumerable<(long Start, long End)> Ranges(long length)
    {
        for (long start = 0; start < length; start += QuestionBytes)
        {
            yield return (start, Math.Min(start + QuestionBytes, length));
        }
    }

    private static async Task ReadRangeAsync(
        Func<long, long, CancellationToken, Task<IReadOnlyList<NbdExtent>>> ask,
        long diskOffset,
        long end,
        AllocationMapBuilder builder,
        Lock gate,
        CancellationToken token)
    {
        for (int answers = 0; diskOffset < end; answers++)
        {
            if (answers == AnswersPerRange)
            {
                lock (gate)
                {
                    builder.Mark(diskOffset, end - diskOffset);
                }

                return;
            }

            IReadOnlyList<NbdExtent> extents =
                await ask(diskOffset, end - diskOffset, token).ConfigureAwait(false);
            lock (gate)
            {
                diskOffset = Mark(builder, diskOffset, extents);
            }
        }
    }

    /// <summary>Marks what may hold data; returns where the extents end.</summary>
    internal static long Mark(AllocationMapBuilder builder, long diskOffset, IReadOnlyList<NbdExtent> extents)
    {
        foreach (NbdExtent extent in extents)
        {
            // A hole that is not said to read as zeros may read as anything: only Zero may be skipped.
            if (!extent.Flags.HasFlag(NbdExtentFlags.Zero))
            {
                builder.Mark(diskOffset, extent.Length);
            }

            diskOffset += extent.Length;
        }

        return diskOffset;
    }
}
