using Microsoft.Extensions.Logging;
using VdiFs.Nbd.Handshake;
using VdiFs.Nbd.Pool;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd;

/// <summary>
/// A conversation with a server about its exports that opens none of them: one connection, one question after the
/// other, because a client must have the answer to an option before it sends the next (proto.md, "Fixed newstyle
/// negotiation"). Some servers end it after seconds. For one caller at a time; of no use after an exception.
/// </summary>
public sealed class NbdInquiry : IAsyncDisposable
{
    private readonly ConnectionOpener _opener;
    private readonly Stream _stream;
    private readonly Negotiator _negotiator;
    private readonly ILogger _logger;
    private bool _isBroken;

    private NbdInquiry(ConnectionOpener opener, Stream stream, Negotiator negotiator, ILogger logger)
    {
        _opener = opener;
        _stream = stream;
        _negotiator = negotiator;
        _logger = logger;
    }

    /// <summary>Whether the server describes exports, as far as known: once false it stays so.</summary>
    public bool CanDescribe { get; private set; } = true;

    /// <summary>Connects and greets; the URI's export name is ignored.</summary>
    /// <param name="uri">The server.</param>
    /// <param name="options">HandshakeTimeout limits the greeting and each question by itself.</param>
    /// <param name="logger">Told of exports that the server does not describe.</param>
    /// <param name="cancellationToken">Ends the attempt at once.</param>
    /// <exception cref="NbdException">As for a connection.</exception>
    public static async Task<NbdInquiry> ConnectAsync(
        NbdUri uri, NbdClientOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        ConnectionOpener opener = new(uri, options);
        (Stream stream, Negotiator negotiator) = await opener.GreetAsync(cancellationToken).ConfigureAwait(false);
        return new NbdInquiry(opener, stream, negotiator, logger);
    }

    /// <summary>Names and descriptions of all exports, in the server's order, each name once; no lengths.</summary>
    /// <param name="cancellationToken">Ends the conversation at once.</param>
    /// <exception cref="NbdException">
    /// ListUnsupported when the server does not tell; else as for a connection.
    /// </exception>
    public async Task<IReadOnlyList<NbdListedExport>> ListAsync(CancellationToken cancellationToken) =>
        await AskAsync(_negotiator.ListAsync, cancellationToken).ConfigureAwait(false);

    /// <summary>Describes one export; null when the server does not (<see cref="CanDescribe"/>), or not this one.
    /// Nbd-server (seen in 3.24) gives every export a length of 0, and tells the truth only to who opens it.</summary>
    /// <param name="name">The export.</param>
    /// <param name="cancellationToken">Ends the conversation at once.</param>
    /// <exception cref="NbdException">As for a connection.</exception>
    public async Task<NbdListedExport?> DescribeAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            NbdListedExport? described = CanDescribe
                ? await AskAsync(limit => _negotiator.DescribeAsync(new ExportName(name), limit), cancellationToken)
                    .ConfigureAwait(false)
                : null;
            CanDescribe = described is not null;
            return described;
        }
        catch (NbdException refused) when (
            refused.Kind is NbdErrorKind.UnknownExport or NbdErrorKind.HandshakeFailed
            && refused.InnerException is null
            && refused.Errno != NbdErrno.Shutdown)
        {
            // An error reply, after which the conversation goes on. It may vanish or be forbidden between the listing
            // and the question.
            _isBroken = false;
            NbdLog.ExportNotDescribed(_logger, _opener.Address, ServerText.Shown(name), refused.Message);
            return null;
        }
    }

    /// <summary>Ends the conversation, politely if it is in order; once more does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        await using (_stream.ConfigureAwait(false))
        {
            if (_isBroken)
            {
                return;
            }

            _isBroken = true;
            try
            {
                await _opener.WithinLimitAsync(EndAsync, CancellationToken.None).ConfigureAwait(false);
            }
            catch (NbdException)
            {
                // The server left first; there is nobody to be polite to.
            }
        }
    }

    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> question, CancellationToken cancellationToken)
    {
        // An answer that is not taken whole leaves the rest of it in the way of the next.
        _isBroken = true;
        T answer = await _opener.WithinLimitAsync(question, cancellationToken).ConfigureAwait(false);
        _isBroken = false;
        return answer;
    }

    private async Task<bool> EndAsync(CancellationToken cancellationToken)
    {
        await _negotiator.AbortAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }
}
