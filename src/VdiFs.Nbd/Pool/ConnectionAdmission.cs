using VdiFs.Nbd.Handshake;
using VdiFs.Nbd.Transmission;

namespace VdiFs.Nbd.Pool;

/// <summary>The way of a connection into the pool: opened, compared, verified, and only then given requests.</summary>
internal sealed class ConnectionAdmission(ConnectionOpener opener, ConnectionPool pool, NbdClientOptions options)
{
    /// <summary>The address, for the log.</summary>
    public string Address => opener.Address;

    /// <summary>Adds one connection, or throws and leaves nothing behind.</summary>
    /// <param name="expected">What the other connections found; null for the first.</param>
    /// <param name="cancellationToken">Ends the attempt at once.</param>
    /// <exception cref="NbdException">ExportChanged: another export answers under the same name.</exception>
    public async Task<NbdExport> AdmitAsync(NbdExport? expected, CancellationToken cancellationToken)
    {
        (Stream stream, HandshakeResult handshake) = await opener.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (expected is not null && Difference(expected, handshake.Export) is { } difference)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw new NbdException(
                NbdErrorKind.ExportChanged, $"two connections to {Address} found different exports: {difference}");
        }

        NbdConnection connection = pool.Add(stream, handshake);
        try
        {
            await VerifyAsync(connection, handshake.Export, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            connection.Fail(exception as NbdException
                ?? new NbdException(NbdErrorKind.ConnectionLost, "it was not verified", exception));
            throw;
        }

        pool.Admit(connection);
        return handshake.Export;
    }

    private async Task VerifyAsync(NbdConnection connection, NbdExport export, CancellationToken cancellationToken)
    {
        if (options.Verify is null)
        {
            return;
        }

        RangeReader reader = new(
            export, new LoneConnection(connection, pool), new RequestPool(options.RequestsInFlight), piecesAtOnce: 1);
        using NbdProbe probe = new(export, reader, options.RequestsInFlight);
        await opener.WithinLimitAsync(
            async limit =>
            {
                await options.Verify(probe, limit).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static string? Difference(NbdExport expected, NbdExport found) => found switch
    {
        _ when found.Length != expected.Length => $"expected {expected.Length} bytes, found {found.Length}",
        _ when found.TransmissionFlags != expected.TransmissionFlags =>
            $"expected transmission flags 0x{(int)expected.TransmissionFlags:x}, "
                + $"found 0x{(int)found.TransmissionFlags:x}",
        _ when found.MinimumBlockSize != expected.MinimumBlockSize || found.MaximumPayload != expected.MaximumPayload =>
            "expected other block sizes",
        _ when found.CanonicalName != expected.CanonicalName =>
            $"the server called it '{expected.CanonicalName}' first and '{found.CanonicalName}' now",
        _ when found.HasStructuredReplies != expected.HasStructuredReplies
            || found.HasBaseAllocation != expected.HasBaseAllocation =>
            "one has structured replies or base:allocation and the other has not",
        _ => null,
    };
}
