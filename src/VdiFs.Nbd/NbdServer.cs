using Microsoft.Extensions.Logging;
using VdiFs.Nbd.Handshake;
using VdiFs.Nbd.Pool;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd;

/// <summary>Questions to a server that open no export. Each uses one connection and closes it.</summary>
public static class NbdServer
{
    /// <summary>
    /// Lists the exports of a server, in its order, each name once; the URI's export name is ignored. No lengths.
    /// </summary>
    /// <param name="uri">The server.</param>
    /// <param name="options">ConnectTimeout limits the connection, HandshakeTimeout each option by itself.</param>
    /// <param name="logger">Told of nothing yet.</param>
    /// <param name="cancellationToken">Ends the call at once.</param>
    /// <exception cref="NbdException">
    /// ListUnsupported when the server does not tell; else as for a connection.
    /// </exception>
    public static async Task<IReadOnlyList<NbdListedExport>> ListAsync(
        NbdUri uri, NbdClientOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        NbdInquiry inquiry = await NbdInquiry.ConnectAsync(uri, options, logger, cancellationToken)
            .ConfigureAwait(false);
        await using (inquiry.ConfigureAwait(false))
        {
            return await inquiry.ListAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Describes the URI's export; Length is never null.</summary>
    /// <param name="uri">The export.</param>
    /// <param name="options">ConnectTimeout limits the connection and each option by itself.</param>
    /// <param name="logger">Told when the server had to be asked in the old way.</param>
    /// <param name="cancellationToken">Ends the call at once.</param>
    /// <exception cref="NbdException">UnknownExport and the others of a connection.</exception>
    public static Task<NbdListedExport> DescribeAsync(
        NbdUri uri, NbdClientOptions options, ILogger logger, CancellationToken cancellationToken) =>
        DescribeAsync(uri, new ConnectionOpener(uri, options), logger, cancellationToken);

    private static async Task<NbdListedExport> DescribeAsync(
        NbdUri uri, ConnectionOpener opener, ILogger logger, CancellationToken cancellationToken)
    {
        (Stream stream, Negotiator negotiator) = await opener.GreetAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            NbdListedExport? described = await opener
                .WithinLimitAsync(limit => negotiator.DescribeAsync(opener.Name, limit), cancellationToken)
                .ConfigureAwait(false);
            if (described is { Length: > 0 })
            {
                await opener.WithinLimitAsync(limit => EndAsync(negotiator, limit), cancellationToken)
                    .ConfigureAwait(false);
                return described;
            }

            // No INFO, or a size of 0 that may not be true: open the export and leave again.
            NbdLog.DescribedByOpening(logger, uri.ToString());
            HandshakeResult opened = await opener
                .WithinLimitAsync(limit => negotiator.OpenAsync(opener.Name, limit), cancellationToken)
                .ConfigureAwait(false);
            await opener.WithinLimitAsync(limit => LeaveAsync(stream, limit), cancellationToken).ConfigureAwait(false);
            return new NbdListedExport(uri.ExportName, opened.Export.Description, opened.Export.Length);
        }
    }

    private static async Task<bool> LeaveAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] goodbye = new byte[RequestHeader.Size];
        new RequestHeader(NbdMagic.Request, 0, NbdCommand.Disconnect, 0, 0, 0).Write(goodbye);
        try
        {
            await stream.WriteAsync(goodbye, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The server left first; there is nobody to be polite to.
        }

        return true;
    }

    private static async Task<bool> EndAsync(Negotiator negotiator, CancellationToken cancellationToken)
    {
        await negotiator.AbortAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }
}
