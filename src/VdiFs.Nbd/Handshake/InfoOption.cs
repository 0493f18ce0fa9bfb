using System.Buffers.Binary;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>NBD_OPT_INFO and NBD_OPT_GO: the same question; after GO the server is in the transmission phase.</summary>
internal static class InfoOption
{
    private static readonly NbdInfo[] Wanted = [NbdInfo.Name, NbdInfo.Description, NbdInfo.BlockSize];

    /// <summary>
    /// Sends INFO or GO and reads all replies.
    /// Returns null when the server does not know the option; other errors throw.
    /// </summary>
    public static async Task<ExportInfo?> AskAsync(
        OptionExchange exchange, NbdOption option, ExportName name, CancellationToken cancellationToken)
    {
        await exchange.SendAsync(option, Request(name.ToWire()), cancellationToken).ConfigureAwait(false);
        ExportInfo info = new();
        for (int count = 0; count < NbdLimits.RepliesPerOption; count++)
        {
            OptionReply reply = await exchange.ReceiveAsync(option, cancellationToken).ConfigureAwait(false);
            switch (reply)
            {
                case { Type: NbdOptionReply.Info }:
                    info.Add(reply);
                    break;
                case { Type: NbdOptionReply.Ack }:
                    return info.HasSize
                        ? info
                        : throw NbdException.Protocol($"{option} succeeded without telling a size");
                case { Type: NbdOptionReply.ErrorUnsupported }:
                    return null;
                case { IsError: true }:
                    throw reply.ToException(name);
                default:
                    throw reply.Unexpected();
            }
        }

        throw NbdException.Protocol($"{option} was answered by more than {NbdLimits.RepliesPerOption} replies");
    }

    private static byte[] Request(byte[] name)
    {
        byte[] data = new byte[4 + name.Length + 2 + (2 * Wanted.Length)];
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)name.Length);
        name.CopyTo(data, 4);
        Span<byte> requests = data.AsSpan(4 + name.Length);
        BinaryPrimitives.WriteUInt16BigEndian(requests, (ushort)Wanted.Length);
        for (int i = 0; i < Wanted.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(requests[(2 + (2 * i))..], (ushort)Wanted[i]);
        }

        return data;
    }
}
