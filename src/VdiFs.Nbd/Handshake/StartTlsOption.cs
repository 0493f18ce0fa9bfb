using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>NBD_OPT_STARTTLS (proto.md, "TLS support"). There is no way back: a refusal ends the connection.</summary>
internal static class StartTlsOption
{
    private const string Cure = "start it with TLS, or write nbd:// where everything between here and there is trusted";

    /// <summary>Asks for TLS; the next byte on the connection is TLS's.</summary>
    /// <exception cref="NbdException">TlsUnavailable: the server refuses.</exception>
    public static async Task AskAsync(
        OptionExchange exchange, NbdHandshakeFlags flags, CancellationToken cancellationToken)
    {
        if ((flags & NbdHandshakeFlags.FixedNewstyle) == 0)
        {
            throw new NbdException(
                NbdErrorKind.TlsUnavailable, $"the server knows no options, and therefore no TLS; {Cure}");
        }

        await exchange.SendAsync(NbdOption.StartTls, default, cancellationToken).ConfigureAwait(false);
        OptionReply reply = await exchange.ReceiveAsync(NbdOption.StartTls, cancellationToken).ConfigureAwait(false);
        switch (reply)
        {
            case { Type: NbdOptionReply.Ack }:
                return;
            case { Type: NbdOptionReply.ErrorShutdown }:
                throw reply.ToException(null);
            case { IsError: true }:
                throw new NbdException(
                    NbdErrorKind.TlsUnavailable, $"the server refuses TLS; {Cure}", reply.ToException(null));
            default:
                throw reply.Unexpected();
        }
    }
}
