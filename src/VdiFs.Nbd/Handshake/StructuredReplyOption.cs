using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>NBD_OPT_STRUCTURED_REPLY.</summary>
internal static class StructuredReplyOption
{
    /// <summary>Asks for structured replies; false when the server does not know them.</summary>
    public static async Task<bool> NegotiateAsync(OptionExchange exchange, CancellationToken cancellationToken)
    {
        await exchange.SendAsync(NbdOption.StructuredReply, default, cancellationToken).ConfigureAwait(false);
        OptionReply reply = await exchange.ReceiveAsync(NbdOption.StructuredReply, cancellationToken)
            .ConfigureAwait(false);
        return reply switch
        {
            { Type: NbdOptionReply.Ack } => true,
            { Type: NbdOptionReply.ErrorTlsRequired or NbdOptionReply.ErrorShutdown } => throw reply.ToException(null),
            { IsError: true } => false,
            _ => throw reply.Unexpected(),
        };
    }
}
