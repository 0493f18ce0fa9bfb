using Microsoft.Extensions.Logging;
using VdiFs.Nbd;

namespace VdiFs.Disks.Failover;

/// <summary>
/// One attempt of a read. When the answer takes far longer than usual, the same is asked elsewhere, into other memory,
/// and the first answer counts; the other is thrown away when it comes. For one read only.
/// </summary>
internal sealed class RacedRead(
    EndpointSet servers, SecondAttempts seconds, LatencyTracker latency, FailoverOptions options, ILogger logger)
{
    private readonly long _start = options.TimeProvider.GetTimestamp();

    private TimeSpan Elapsed => options.TimeProvider.GetElapsedTime(_start);

    /// <summary>Fills the destination, or throws; in both cases nothing touches it any more afterwards.</summary>
    /// <param name="server">Who is asked first.</param>
    /// <param name="diskOffset">Disk offset in bytes.</param>
    /// <param name="destination">Where to put the bytes.</param>
    /// <param name="isAlone">Whether the first server's connection is to carry nothing else meanwhile.</param>
    /// <param name="limit">Ends it at once.</param>
    /// <exception cref="NbdException">The first server's error.</exception>
    public async Task RunAsync(
        Connected server,
        long diskOffset,
        IReadOnlyList<Memory<byte>> destination,
        bool isAlone,
        CancellationToken limit)
    {
        using CancellationTokenSource leaving = CancellationTokenSource.CreateLinkedTokenSource(limit);
        long length = destination.TotalLength();
        server.Endpoint.Load.Begin(length);
        Task first = isAlone
            ? server.Client.ReadAloneAsync(diskOffset, destination, leaving.Token).AsTask()
            : server.Client.ReadAsync(diskOffset, destination, leaving.Token).AsTask();
        byte[]? answer = null;
        try
        {
            if (!await first.EndsWithinAsync(latency.Patience, options.TimeProvider).ConfigureAwait(false))
            {
                answer = await AskElsewhereAsync(server, first, diskOffset, destination, limit).ConfigureAwait(false);
            }
        }
        finally
        {
            if (!first.IsCompleted)
            {
                await leaving.CancelAsync().ConfigureAwait(false);
                await first.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            server.Endpoint.Load.End(length, first.IsCompletedSuccessfully);
        }

        if (answer is not null)
        {
            Scatter(answer, destination);
            return;
        }

        await first.ConfigureAwait(false);
        latency.Add(Elapsed);
    }

    /// <summary>The bytes from elsewhere; null when the first attempt has ended, however it did.</summary>
    private async Task<byte[]?> AskElsewhereAsync(
        Connected server,
        Task first,
        long diskOffset,
        IReadOnlyList<Memory<byte>> destination,
        CancellationToken limit)
    {
        int length = (int)destination.TotalLength();

        // A clock of its own: a second attempt takes its time, and a dead connection must not live on meanwhile.
        using ITimer watch = options.TimeProvider.CreateTimer(
            _ => server.Client.DropSilentConnections(options.SilenceLimit),
            null,
            options.AttemptTimeout / 6,
            options.AttemptTimeout / 6);
        while (true)
        {
            bool isLate = Elapsed >= options.AttemptTimeout;
            bool hasPlace = await TryTakePlaceAsync(isLate, first, limit).ConfigureAwait(false);
            if (hasPlace)
            {
                byte[]? answer =
                    await AskOnceAsync(server, first, diskOffset, length, isLate, limit).ConfigureAwait(false);
                if (answer is not null)
                {
                    return answer;
                }
            }

            TimeSpan pause = isLate ? options.AttemptTimeout / 6 : options.AttemptTimeout - Elapsed;
            if (await first.EndsWithinAsync(pause, options.TimeProvider).ConfigureAwait(false))
            {
                return null;
            }
        }
    }

    private async Task<bool> TryTakePlaceAsync(bool isLate, Task first, CancellationToken limit)
    {
        if (!isLate)
        {
            return seconds.TryTakeEarly();
        }

        using CancellationTokenSource enough = CancellationTokenSource.CreateLinkedTokenSource(limit);
        Task place = seconds.TakeAsync(enough.Token);
        await Task.WhenAny(first, place).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        await place.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return place.IsCompletedSuccessfully;
    }

    /// <summary>Asks one other server, or this one over another connection; gives the place back.</summary>
    private async Task<byte[]?> AskOnceAsync(
        Connected server, Task first, long diskOffset, int length, bool isLate, CancellationToken limit)
    {
        using CancellationTokenSource leaving = CancellationTokenSource.CreateLinkedTokenSource(limit);
        Task<byte[]?> second = AskAsync(server, diskOffset, length, isLate, leaving.Token);
        try
        {
            Task ended = await Task.WhenAny(first, second).ConfigureAwait(false);
            bool firstFailed = ended == first && !first.IsCompletedSuccessfully && !limit.IsCancellationRequested;
            if (ended == second || firstFailed)
            {
                // A first attempt that failed meanwhile does not matter if the second one brings the bytes.
                return await second.ConfigureAwait(false);
            }

            return null;
        }
        finally
        {
            await leaving.CancelAsync().ConfigureAwait(false);
            await ((Task)second).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            seconds.Return();
        }
    }

    private async Task<byte[]?> AskAsync(
        Connected server, long diskOffset, int length, bool isLate, CancellationToken leaving)
    {
        // Off the caller's path, which has to watch both.
        await Task.Yield();
        using CancellationTokenSource enough = new(options.AttemptTimeout, options.TimeProvider);
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(leaving, enough.Token);
        try
        {
            Connected? other = isLate
                ? await servers.TryAcquireOtherAsync([server.Endpoint], limit.Token).ConfigureAwait(false)
                : servers.TryGetOther([server.Endpoint]);
            return other is null && server.Client.ConnectionCount < 2
                ? null
                : await AskAsync(server, other ?? server, diskOffset, length, limit.Token).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
        catch (OperationCanceledException) when (!leaving.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<byte[]?> AskAsync(
        Connected late, Connected chosen, long diskOffset, int length, CancellationToken limit)
    {
        DisksLog.AskedTwice(logger, late.Endpoint.Address, Elapsed, chosen.Endpoint.Address);
        byte[] bytes = GC.AllocateUninitializedArray<byte>(length);
        bool isDelivered = false;
        chosen.Endpoint.Load.Begin(length);
        try
        {
            await chosen.Client.ReadAsync(diskOffset, [bytes], limit).ConfigureAwait(false);
            isDelivered = true;
            chosen.Endpoint.Delivered();
            return bytes;
        }
        catch (NbdException exception)
        {
            bool hasOthers = exception.Kind == NbdErrorKind.ConnectionLost && chosen.Client.IsAlive;
            if (exception.Kind != NbdErrorKind.ServerError && !hasOthers)
            {
                chosen.Endpoint.Lost(chosen.Client, exception);
            }

            return null;
        }
        finally
        {
            chosen.Endpoint.Load.End(length, isDelivered);
        }
    }

    private static void Scatter(byte[] bytes, IReadOnlyList<Memory<byte>> destination)
    {
        int position = 0;
        for (int i = 0; i < destination.Count; i++)
        {
            bytes.AsSpan(position, destination[i].Length).CopyTo(destination[i].Span);
            position += destination[i].Length;
        }
    }
}
