using Microsoft.Extensions.Logging;
using VdiFs.Nbd.Handshake;
using VdiFs.Nbd.Pool;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd;

/// <summary>Questions to a server that open no export. Each uses one connection and closes it.</summary>
public static class NbdServer
{
    /// <summary>
    /// Lists the exports of a server, in its order, each name once; the URI's export name is ignored. Details are null
    /// for an export that the server lists but does not describe.
    /// </summary>
    /// <param name="uri">The server.</param>
    /// <param name="options">ConnectTimeout limits the connection and each option by itself.</param>
    /// <param name="logger">Told of exports that are listed and not described.</param>
    /// <param name="cancellationToken">Ends the call at once.</param>
    /// <exception cref="NbdException">
    /// ListUnsupported when the server does not tell; else as for a connection.
    /// </exception>
    public static Task<IReadOnlyList<NbdListedExport>> ListAsync(
        NbdUri uri, NbdClientOptions options, ILogger logger, CancellationToken cancellationToken) =>
        ListAsync(new ConnectionOpener(uri, options), logger, cancellationToken);

    /// <summary>Describes the URI's export; Details is never null.</summary>
    /// <param name="uri">The export.</param>
    /// <param name="options">ConnectTimeout limits the connection and each option by itself.</param>
    /// <param name="logger">Told when the server had to be asked in the old way.</param>
    /// <param name="cancellationToken">Ends the call at once.</param>
    /// <exception cref="NbdException">UnknownExport and the others of a connection.</exception>
    public static Task<NbdListedExport> DescribeAsync(
        NbdUri uri, NbdClientOptions options, ILogger logger, CancellationToken cancellationToken) =>
        DescribeAsync(uri, new ConnectionOpener(uri, options), logger, cancellationToken);

    private static async Task<IReadOnlyList<NbdListedExport>> ListAsync(
        ConnectionOpener opener, ILogger logger, CancellationToken cancellationToken)
    {
        (Stream stream, Negotiator negotiator) = await opener.GreetAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            List<NbdListedExport> exports = await opener
                .WithinLimitAsync(negotiator.ListAsync, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < exports.Count; i++)
            {
                string name = exports[i].Name;
                try
                {
                    NbdExport? details = await opener
                        .WithinLimitAsync(
                            limit => negotiator.DescribeAsync(new ExportName(name), limit), cancellationToken)
                        .ConfigureAwait(false);
                    if (details is null)
                    {
                        break;
                    }

                    exports[i] = new NbdListedExport(name, exports[i].Description ?? details.Description, details);
                }
                catch (NbdException refused) when (
                    refused.Kind is NbdErrorKind.UnknownExport or NbdErrorKind.HandshakeFailed
                    && refused.InnerException is null
                    && refused.Errno != NbdErrno.Shutdown)
                {
                    // An error reply, after which the conversation goes on. It may vanish or be forbidden between the
                    // two questions.
                    NbdLog.ExportNotDescribed(logger, opener.Address, ServerText.Shown(name), refused.Message);
                }
            }

            await opener.WithinLimitAsync(limit => EndAsync(negotiator, limit), cancellationToken)
                .ConfigureAwait(false);
            await MeasureEmptyAsync(exports, opener, logger, cancellationToken).ConfigureAwait(false);
            return exports;
        }
    }

    private static async Task<NbdListedExport> DescribeAsync(
        NbdUri uri, ConnectionOpener opener, ILogger logger, CancellationToken cancellationToken)
    {
        (Stream stream, Negotiator negotiator) = await opener.GreetAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            NbdExport? details = await opener
                .WithinLimitAsync(limit => negotiator.DescribeAsync(opener.Name, limit), cancellationToken)
                .ConfigureAwait(false);
            if (details is { Length: > 0 })
            {
                await opener.WithinLimitAsync(limit => EndAsync(negotiator, limit), cancellationToken)
                    .ConfigureAwait(false);
                return new NbdListedExport(uri.ExportName, details.Description, details);
            }

            // No INFO, or a size of 0 that may not be true: open the export and leave again.
            NbdLog.DescribedByOpening(logger, uri.ToString());
            HandshakeResult opened = await opener
                .WithinLimitAsync(limit => negotiator.OpenAsync(opener.Name, limit), cancellationToken)
                .ConfigureAwait(false);
            await opener.WithinLimitAsync(limit => LeaveAsync(stream, limit), cancellationToken).ConfigureAwait(false);
            return new NbdListedExport(uri.ExportName, opened.Export.Description, opened.Export);
        }
    }

    /// <summary>
    /// nbd-server (seen in 3.24) answers INFO with a size of 0 and tells the truth only to GO, so a described size of 0
    /// is asked for again by opening.
    /// </summary>
    private static async Task MeasureEmptyAsync(
        List<NbdListedExport> exports, ConnectionOpener opener, ILogger logger, CancellationToken cancellationToken)
    {
        for (int i = 0; i < exports.Count; i++)
        {
            if (exports[i].Details is not { Length: 0 })
            {
                continue;
            }

            string name = exports[i].Name;
            try
            {
                (Stream stream, HandshakeResult opened) = await opener
                    .OpenAsync(new ExportName(name), cancellationToken)
                    .ConfigureAwait(false);
                await using (stream.ConfigureAwait(false))
                {
                    await opener.WithinLimitAsync(limit => LeaveAsync(stream, limit), cancellationToken)
                        .ConfigureAwait(false);
                    exports[i] = exports[i] with { Details = opened.Export };
                }
            }
            catch (NbdException refused)
            {
                NbdLog.ExportNotDescribed(logger, opener.Address, ServerText.Shown(name), refused.Message);
                exports[i] = exports[i] with { Details = null };
            }
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
