using Microsoft.Extensions.Logging;

namespace VdiFs.Nbd.Pool;

/// <summary>
/// Opens the connections beyond the first and replaces lost ones, one after the other, because some servers take
/// connections one at a time. Whatever it meets, reading goes on with those that are there - unless another export
/// answers under the same name.
/// </summary>
internal sealed class PoolKeeper(
    ConnectionAdmission admission,
    ConnectionPool pool,
    NbdExport expected,
    NbdClientOptions options,
    ILogger logger)
{
    // A server that refuses one connection more is asked again now and then, not pressed; nor is one that takes
    // connections and drops them soon.
    private readonly Backoff _pauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), options.Random);
    private int _failures;
    private int _opened;

    /// <summary>Keeps <paramref name="count"/> connections open until the client closes or its pool is over.</summary>
    public async Task RunAsync(int count, CancellationToken closing)
    {
        // Off the caller's thread: whoever connected wants to read.
        await Task.Yield();
        try
        {
            while (!pool.IsOver)
            {
                if (pool.Count < count)
                {
                    if (_failures > 0 || _opened >= count - 1)
                    {
                        await PauseAsync(closing).ConfigureAwait(false);
                    }

                    if (!pool.IsOver)
                    {
                        await OpenOneAsync(closing).ConfigureAwait(false);
                    }
                }
                else
                {
                    await pool.WaitForLossAsync(closing).ConfigureAwait(false);
                }
            }
        }
        catch (Exception) when (closing.IsCancellationRequested)
        {
            // The client is closing.
        }
    }

    private async Task OpenOneAsync(CancellationToken closing)
    {
        try
        {
            await admission.AdmitAsync(expected, closing).ConfigureAwait(false);
            _failures = 0;
            _opened++;
        }
        catch (NbdException changed) when (changed.Kind == NbdErrorKind.ExportChanged)
        {
            NbdLog.ExportChanged(logger, admission.Address, changed.Message);
            pool.Fail(changed);
        }
        catch (Exception reason) when (reason is NbdException || !closing.IsCancellationRequested)
        {
            // Whatever it is: a keeper that ends by it would leave the client short of connections, silently.
            if (pool.IsOver)
            {
                return;
            }

            bool isOwnLimit = reason is NbdException { Kind: NbdErrorKind.NoConnectionToSpare };
            if (++_failures == 1 && !isOwnLimit)
            {
                NbdLog.ExtraConnectionFailed(logger, admission.Address, reason.Message);
            }
        }
    }

    private Task PauseAsync(CancellationToken closing) =>
        Task.Delay(_pauses.After(Math.Max(_failures, 1)), options.TimeProvider, closing);
}
