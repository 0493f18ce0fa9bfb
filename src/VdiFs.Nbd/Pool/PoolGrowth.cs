using Microsoft.Extensions.Logging;
using VdiFs.Nbd.Handshake;

namespace VdiFs.Nbd.Pool;

/// <summary>
/// Opens the connections beyond the first, one after the other, because some servers take connections one at a time.
/// Whatever it meets, reading goes on with those that are there - unless another export answers under the same name.
/// </summary>
internal sealed class PoolGrowth(
    ConnectionOpener opener, ConnectionPool pool, NbdExport expected, string address, ILogger logger)
{
    /// <summary>
    /// Opens <paramref name="count"/> more; ends early, without an error, when one fails or the client closes.
    /// </summary>
    public async Task RunAsync(int count, CancellationToken closing)
    {
        try
        {
            for (int i = 0; i < count; i++)
            {
                (Stream stream, HandshakeResult handshake) = await opener.OpenAsync(closing).ConfigureAwait(false);
                if (Difference(handshake.Export) is { } difference)
                {
                    await stream.DisposeAsync().ConfigureAwait(false);
                    NbdException changed = new(
                        NbdErrorKind.ExportChanged,
                        $"two connections to {address} found different exports: {difference}");
                    NbdLog.ExportChanged(logger, address, changed.Message);
                    pool.Fail(changed);
                    return;
                }

                if (!pool.TryAdd(stream, handshake))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            // The client is closing.
        }
        catch (NbdException reason)
        {
            NbdLog.ExtraConnectionFailed(logger, address, reason.Message);
        }
    }

    private string? Difference(NbdExport found) => found switch
    {
        _ when found.Length != expected.Length => $"expected {expected.Length} bytes, found {found.Length}",
        _ when found.TransmissionFlags != expected.TransmissionFlags =>
            $"expected transmission flags 0x{(int)expected.TransmissionFlags:x}, "
                + $"found 0x{(int)found.TransmissionFlags:x}",
        _ when found.MinimumBlockSize != expected.MinimumBlockSize || found.MaximumPayload != expected.MaximumPayload =>
            "expected other block sizes",
        _ when found.HasStructuredReplies != expected.HasStructuredReplies
            || found.HasBaseAllocation != expected.HasBaseAllocation =>
            "one has structured replies or base:allocation and the other has not",
        _ => null,
    };
}
