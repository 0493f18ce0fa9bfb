using VdiFs.Nbd.Protocol;
using VdiFs.Nbd.Tls;

namespace VdiFs.Nbd.Handshake;

/// <summary>The order of the handshake on one connection: greeting, TLS where it is wanted, then options.</summary>
internal sealed class Negotiator
{
    private HandshakeChannel _channel;
    private OptionExchange _exchange;
    private NbdHandshakeFlags _flags;
    private bool _hasStructuredReplies;

    public Negotiator(Stream stream)
    {
        Stream = stream;
        _channel = new HandshakeChannel(stream);
        _exchange = new OptionExchange(_channel, isTls: false);
    }

    /// <summary>What the conversation runs over: the stream it was made with, or the TLS over it.</summary>
    public Stream Stream { get; private set; }

    /// <summary>Whether the server has said its first word.</summary>
    public bool HasBeenGreeted { get; private set; }

    /// <summary>Whether options other than NBD_OPT_EXPORT_NAME may be sent.</summary>
    private bool IsFixed => (_flags & NbdHandshakeFlags.FixedNewstyle) != 0;

    /// <summary>
    /// Greets, goes over to TLS, and asks for structured replies where options are allowed; once.
    /// </summary>
    /// <param name="tls">Null for a plain connection. Else nothing but STARTTLS is said before TLS.</param>
    /// <param name="cancellationToken">Ends it at once; the stream is of no use afterwards.</param>
    public async Task StartAsync(TlsClient? tls, CancellationToken cancellationToken)
    {
        _flags = await Greeting.ExchangeAsync(_channel, cancellationToken).ConfigureAwait(false);
        HasBeenGreeted = true;
        if (tls is not null)
        {
            await StartTlsOption.AskAsync(_exchange, _flags, cancellationToken).ConfigureAwait(false);
            _channel.EnsureNothingLeft("the answer to STARTTLS");
            Stream = await tls.ConnectAsync(Stream, cancellationToken).ConfigureAwait(false);

            // Option haggling starts anew (proto.md, "TLS support"); no byte of the old channel is left in it.
            _channel = new HandshakeChannel(Stream);
            _exchange = new OptionExchange(_channel, isTls: true);
        }

        try
        {
            _hasStructuredReplies = IsFixed
                && await StructuredReplyOption.NegotiateAsync(_exchange, cancellationToken).ConfigureAwait(false);
        }
        catch (NbdException ended) when (tls is { ShowsCertificate: false } && ended.InnerException is IOException)
        {
            // In TLS 1.3 a client is done before the server has looked at its certificate, and GnuTLS hangs up
            // silently.
            throw new NbdException(
                ended.Kind,
                $"{ended.Message}, the first word after TLS; if it asks for this client's certificate, give one "
                + "(--tls-certificate FILE)",
                ended.InnerException);
        }
    }

    /// <summary>
    /// Opens an export: GO, or EXPORT_NAME where GO is unknown. The connection is in transmission afterwards.
    /// </summary>
    public async Task<HandshakeResult> OpenAsync(ExportName name, CancellationToken cancellationToken)
    {
        uint? context = _hasStructuredReplies
            ? await MetaContextOption.SetAsync(_exchange, name, cancellationToken).ConfigureAwait(false)
            : null;
        ExportInfo? info = IsFixed
            ? await InfoOption.AskAsync(_exchange, NbdOption.Go, name, cancellationToken).ConfigureAwait(false)
            : null;
        info ??= await ExportNameOption
            .EnterAsync(_channel, _exchange, name, (_flags & NbdHandshakeFlags.NoZeroes) == 0, cancellationToken)
            .ConfigureAwait(false);
        _channel.EnsureNothingLeft("the end of the handshake");
        return new HandshakeResult(info.Build(name, _hasStructuredReplies, context is not null), context, name);
    }

    /// <summary>Lists the exports' names; throws ListUnsupported when the server does not tell.</summary>
    public Task<List<NbdListedExport>> ListAsync(CancellationToken cancellationToken) => IsFixed
        ? ListOption.AskAsync(_exchange, cancellationToken)
        : throw new NbdException(
            NbdErrorKind.ListUnsupported,
            "the server knows no options and cannot list its exports; name one in the URI");

    /// <summary>Describes an export without opening it; null when the server does not know NBD_OPT_INFO.</summary>
    public async Task<NbdListedExport?> DescribeAsync(ExportName name, CancellationToken cancellationToken)
    {
        ExportInfo? info = IsFixed
            ? await InfoOption.AskAsync(_exchange, NbdOption.Info, name, cancellationToken).ConfigureAwait(false)
            : null;
        return info?.Describe(name);
    }

    /// <summary>Ends option haggling politely.</summary>
    public Task AbortAsync(CancellationToken cancellationToken) =>
        IsFixed ? AbortOption.SendAsync(_exchange, cancellationToken) : Task.CompletedTask;
}
