using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>NBD_OPT_ABORT: the polite end of option haggling.</summary>
internal static class AbortOption
{
    /// <summary>
    /// Says good-bye. The reply is not awaited: servers close without one as often as not, and a server must cope with
    /// a client that does (proto.md, NBD_OPT_ABORT).
    /// </summary>
    public static async Task SendAsync(OptionExchange exchange, CancellationToken cancellationToken)
    {
        try
        {
            await exchange.SendAsync(NbdOption.Abort, default, cancellationToken).ConfigureAwait(false);
        }
        catch (NbdException)
        {
            // The server left first; there is nobody to be polite to.
        }
    }
}
