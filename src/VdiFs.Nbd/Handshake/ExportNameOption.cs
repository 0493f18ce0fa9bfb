using System.Text;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>NBD_OPT_EXPORT_NAME, which cannot report an error: the server hangs up instead.</summary>
internal static class ExportNameOption
{
    /// <summary>Enters the transmission phase.</summary>
    public static async Task<ExportInfo> EnterAsync(
        HandshakeChannel channel,
        OptionExchange exchange,
        string exportName,
        bool hasZeroes,
        CancellationToken cancellationToken)
    {
        byte[] answer = new byte[ExportSize.Size + (hasZeroes ? ExportSize.ReservedBytes : 0)];
        await exchange.SendAsync(NbdOption.ExportName, Encoding.UTF8.GetBytes(exportName), cancellationToken)
            .ConfigureAwait(false);
        try
        {
            await channel.ReadAsync(answer.AsMemory(0, 1), "ExportName", cancellationToken).ConfigureAwait(false);
        }
        catch (NbdException ended) when (ended.InnerException is EndOfStreamException)
        {
            // Only an orderly end in the place of the answer says so; a reset or half an answer is a broken connection.
            string name = exportName.Length == 0
                ? "its default export"
                : $"the export '{ServerText.Shown(exportName)}'";
            throw new NbdException(
                NbdErrorKind.UnknownExport,
                $"the server closed the connection when asked for {name}: it does not have it, or not for this client",
                ended);
        }

        await channel.ReadAsync(answer.AsMemory(1), "ExportName", cancellationToken).ConfigureAwait(false);
        ExportInfo info = new();
        info.SetSize(ExportSize.Read(answer));
        return info;
    }
}
