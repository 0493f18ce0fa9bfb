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
        byte[] answer = new byte[ExportSize.Size];
        try
        {
            await exchange.SendAsync(NbdOption.ExportName, Encoding.UTF8.GetBytes(exportName), cancellationToken)
                .ConfigureAwait(false);
            await channel.ReadAsync(answer, "ExportName", cancellationToken).ConfigureAwait(false);
        }
        catch (NbdException ended) when (ended.Kind == NbdErrorKind.HandshakeFailed)
        {
            string name = exportName.Length == 0
                ? "its default export"
                : $"the export '{ServerText.Shown(exportName)}'";
            throw new NbdException(
                NbdErrorKind.UnknownExport,
                $"the server closed the connection when asked for {name}: it does not have it, or not for this client",
                ended);
        }

        if (hasZeroes)
        {
            await channel.ReadAsync(new byte[ExportSize.ReservedBytes], "ExportName", cancellationToken)
                .ConfigureAwait(false);
        }

        ExportInfo info = new();
        info.SetSize(ExportSize.Read(answer));
        return info;
    }
}
