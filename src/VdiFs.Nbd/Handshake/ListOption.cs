using System.Buffers.Binary;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>NBD_OPT_LIST.</summary>
internal static class ListOption
{
    /// <summary>Names and descriptions in the server's order, each name once.</summary>
    public static async Task<List<NbdListedExport>> AskAsync(
        OptionExchange exchange, CancellationToken cancellationToken)
    {
        await exchange.SendAsync(NbdOption.List, default, cancellationToken).ConfigureAwait(false);
        List<NbdListedExport> exports = [];
        HashSet<string> names = [];
        long bytes = 0;
        for (int count = 0; count <= NbdLimits.ListedExports && bytes <= NbdLimits.ListedBytes; count++)
        {
            OptionReply reply = await exchange.ReceiveAsync(NbdOption.List, cancellationToken).ConfigureAwait(false);
            bytes += reply.Data.Length;
            switch (reply)
            {
                case { Type: NbdOptionReply.Ack }:
                    return exports;
                case { Type: NbdOptionReply.Server }:
                    NbdListedExport export = Parse(reply);
                    if (names.Add(export.Name))
                    {
                        exports.Add(export);
                    }

                    break;
                case { Type: NbdOptionReply.ErrorTlsRequired or NbdOptionReply.ErrorShutdown }:
                    throw reply.ToException(null);
                case { IsError: true }:
                    throw new NbdException(
                        NbdErrorKind.ListUnsupported,
                        "the server does not tell which exports it has; name one in the URI",
                        reply.ToException(null));
                default:
                    throw reply.Unexpected();
            }
        }

        throw NbdException.Protocol(
            $"the server lists more than {NbdLimits.ListedExports} exports or {NbdLimits.ListedBytes} bytes of names");
    }

    private static NbdListedExport Parse(OptionReply reply)
    {
        ReadOnlySpan<byte> data = reply.Data.Span;
        uint nameLength = data.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32BigEndian(data);
        if (nameLength > data.Length - 4 || nameLength > NbdLimits.StringBytes)
        {
            throw NbdException.Protocol(
                $"a listed export has a name of {nameLength} bytes in a reply of {data.Length}");
        }

        ReadOnlySpan<byte> rest = data[(4 + (int)nameLength)..];
        if (!ServerText.TryDecode(data.Slice(4, (int)nameLength), out string name))
        {
            throw NbdException.Protocol("a listed export has a name that is not UTF-8 or holds a NUL");
        }

        // The rest is the server's own business; what is no text is not shown.
        string? description = !rest.IsEmpty && ServerText.TryDecode(rest, out string text) ? text : null;
        return new NbdListedExport(name, description, null);
    }
}
