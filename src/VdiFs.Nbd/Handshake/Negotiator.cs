using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>
/// The order of the handshake on one connection: greeting, then options. Made by <see cref="StartAsync"/>.
/// </summary>
internal sealed class Negotiator
{
    private readonly HandshakeChannel _channel;
    private readonly OptionExchange _exchange;
    private readonly NbdHandshakeFlags _flags;
    private readonly bool _hasStructuredReplies;

    private Negotiator(
        HandshakeChannel channel, OptionExchange exchange, NbdHandshakeFlags flags, bool hasStructuredReplies)
    {
        _channel = channel;
        _exchange = exchange;
        _flags = flags;
        _hasStructuredReplies = hasStructuredReplies;
    }

    /// <summary>Whether options other than NBD_OPT_EXPORT_NAME may be sent.</summary>
    private bool IsFixed => (_flags & NbdHandshakeFlags.FixedNewstyle) != 0;

    /// <summary>Greets, and asks for structured replies where options are allowed.</summary>
    public static async Task<Negotiator> StartAsync(Stream stream, CancellationToken cancellationToken)
    {
        HandshakeChannel channel = new(stream);
        OptionExchange exchange = new(channel);
        NbdHandshakeFlags flags = await Greeting.ExchangeAsync(channel, cancellationToken).ConfigureAwait(false);
        bool hasStructuredReplies = (flags & NbdHandshakeFlags.FixedNewstyle) != 0
            && await StructuredReplyOption.NegotiateAsync(exchange, cancellationToken).ConfigureAwait(false);
        return new Negotiator(channel, exchange, flags, hasStructuredReplies);
    }

    /// <summary>
    /// Opens an export: GO, or EXPORT_NAME where GO is unknown. The connection is in transmission afterwards.
    /// </summary>
    public async Task<HandshakeResult> OpenAsync(string exportName, CancellationToken cancellationToken)
    {
        uint? context = _hasStructuredReplies
            ? await MetaContextOption.SetAsync(_exchange, exportName, cancellationToken).ConfigureAwait(false)
            : null;
        ExportInfo? info = IsFixed
            ? await InfoOption.AskAsync(_exchange, NbdOption.Go, exportName, cancellationToken).ConfigureAwait(false)
            : null;
        info ??= await ExportNameOption
            .EnterAsync(_channel, _exchange, exportName, (_flags & NbdHandshakeFlags.NoZeroes) == 0, cancellationToken)
            .ConfigureAwait(false);
        _channel.EnsureNothingLeft();
        return new HandshakeResult(info.Build(exportName, _hasStructuredReplies, context is not null), context);
    }

    /// <summary>Lists the exports' names; throws ListUnsupported when the server does not tell.</summary>
    public Task<List<NbdListedExport>> ListAsync(CancellationToken cancellationToken) => IsFixed
        ? ListOption.AskAsync(_exchange, cancellationToken)
        : throw new NbdException(
            NbdErrorKind.ListUnsupported,
            "the server knows no options and cannot list its exports; name one in the URI");

    /// <summary>Describes an export without opening it; null when the server does not know NBD_OPT_INFO.</summary>
    public async Task<NbdExport?> DescribeAsync(string exportName, CancellationToken cancellationToken)
    {
        ExportInfo? info = IsFixed
            ? await InfoOption.AskAsync(_exchange, NbdOption.Info, exportName, cancellationToken).ConfigureAwait(false)
            : null;
        if (info is null)
        {
            return null;
        }

        bool hasBaseAllocation = _hasStructuredReplies
            && await MetaContextOption.ListAsync(_exchange, exportName, cancellationToken).ConfigureAwait(false);
        return info.Build(exportName, _hasStructuredReplies, hasBaseAllocation);
    }

    /// <summary>Ends option haggling politely.</summary>
    public Task AbortAsync(CancellationToken cancellationToken) =>
        IsFixed ? AbortOption.SendAsync(_exchange, cancellationToken) : Task.CompletedTask;
}
