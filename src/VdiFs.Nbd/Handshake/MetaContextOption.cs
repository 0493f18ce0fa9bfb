using System.Buffers.Binary;
using System.Text;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>NBD_OPT_SET_META_CONTEXT, for <c>base:allocation</c> alone.</summary>
internal static class MetaContextOption
{
    private const string BaseAllocation = "base:allocation";

    /// <summary>
    /// Selects the context for transmission; returns its id, or null when the server does not have it.
    /// </summary>
    public static async Task<uint?> SetAsync(
        OptionExchange exchange, ExportName name, CancellationToken cancellationToken)
    {
        const NbdOption option = NbdOption.SetMetaContext;
        await exchange.SendAsync(option, Request(name.ToWire()), cancellationToken).ConfigureAwait(false);
        uint? id = null;
        for (int count = 0; count < NbdLimits.RepliesPerOption; count++)
        {
            OptionReply reply = await exchange.ReceiveAsync(option, cancellationToken).ConfigureAwait(false);
            if (reply.Type == NbdOptionReply.Ack)
            {
                return id;
            }

            if (reply.IsError)
            {
                // An unknown export is told again, with better words, by the option that opens it.
                return reply.Type is NbdOptionReply.ErrorTlsRequired or NbdOptionReply.ErrorShutdown
                    ? throw reply.ToException(name)
                    : null;
            }

            if (reply.Type != NbdOptionReply.MetaContext || reply.Data.Length < 4 || id is not null
                || !reply.Data.Span[4..].SequenceEqual("base:allocation"u8))
            {
                throw reply.Unexpected();
            }

            id = BinaryPrimitives.ReadUInt32BigEndian(reply.Data.Span);
        }

        throw NbdException.Protocol($"{option} was answered by more than {NbdLimits.RepliesPerOption} replies");
    }

    private static byte[] Request(byte[] name)
    {
        byte[] data = new byte[4 + name.Length + 4 + 4 + BaseAllocation.Length];
        BinaryPrimitives.WriteUInt32BigEndian(data, (uint)name.Length);
        name.CopyTo(data, 4);
        Span<byte> query = data.AsSpan(4 + name.Length);
        BinaryPrimitives.WriteUInt32BigEndian(query, 1);
        BinaryPrimitives.WriteUInt32BigEndian(query[4..], (uint)BaseAllocation.Length);
        Encoding.ASCII.GetBytes(BaseAllocation, query[8..]);
        return data;
    }
}
