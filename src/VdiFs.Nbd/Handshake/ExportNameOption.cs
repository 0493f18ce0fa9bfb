using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>NBD_OPT_EXPORT_NAME, which cannot report an error: the server hangs up instead.</summary>
internal static class ExportNameOption
{
    /// <summary>Enters the transmission phase.</summary>
    public static async Task<ExportInfo> EnterAsync(
        HandshakeChannel channel,
        OptionExchange exchange,
        ExportName name,
        bool hasZeroes,
        CancellationToken cancellationToken)
    {
        byte[] answer = new byte[ExportSize.Size + (hasZeroes ? ExportSize.ReservedBytes : 0)];
        await exchange.SendAsync(NbdOption.ExportName, name.ToWire(), cancellationToken)
            .ConfigureAwait(false);
        try
        {
            await channel.ReadAsync(answer.AsMemory(0, 1), "ExportName", cancellationToken).ConfigureAwait(false);
        }
        catch (NbdException ended) when (ended.InnerException is EndOfStreamException)
        {
            // Only an orderly end in the place of the answer says so; a reset or half an answer is a broken connection.
            throw new NbdException(
                NbdErrorKind.ClosedAtOpening,
                $"the server closed the connection instead of opening {name.Title}: "
                + "it does not have it, or not for this client, or failed at it",
                ended);
        }

        await channel.ReadAsync(answer.AsMemory(1), "ExportName", cancellationToken).ConfigureAwait(false);
        ExportInfo info = new();
        info.SetSize(ExportSize.Read(answer));
        return info;
    }
}
