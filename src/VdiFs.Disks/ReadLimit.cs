using System.Globalization;
using System.Runtime.CompilerServices;

namespace VdiFs.Disks;

/// <summary>
/// How long one read may take in all. A read that shares fetches with others, and asks again for what failed with its
/// neighbours, may meet the limit of a single fetch several times over; this one counts from its start to its end.
/// </summary>
/// <param name="time">The limit; infinite for a source that cannot keep anyone waiting.</param>
/// <param name="clock">The clock.</param>
public sealed class ReadLimit(TimeSpan time, TimeProvider clock)
{
    /// <summary>A limit that never comes.</summary>
    public static ReadLimit None { get; } = new(Timeout.InfiniteTimeSpan, TimeProvider.System);

    /// <summary>Runs a read, and ends it when the time is over.</summary>
    /// <param name="read">The read; it ends at once when its token is cancelled.</param>
    /// <param name="cancellationToken">Ends it earlier.</param>
    /// <exception cref="DiskException">Unreachable: the time is over; else whatever the read throws.</exception>
    public async ValueTask RunAsync(Func<CancellationToken, ValueTask> read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        using CancellationTokenSource limit = new(time, clock);
        await using ConfiguredAsyncDisposable leaving = cancellationToken.UnsafeRegister(
            static source => ((CancellationTokenSource)source!).Cancel(), limit).ConfigureAwait(false);
        try
        {
            await read(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cause) when (
            limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new DiskException(
                DiskErrorKind.Unreachable,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"a read was given up after {time.TotalSeconds:0.#} s: earlier attempts, or waiting for memory, "
                    + $"took its time"),
                cause);
        }
    }
}
