using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>
/// Sends options and reads their replies, one after the other: a client must have the final reply to an option before
/// it sends the next (proto.md, "Fixed newstyle negotiation").
/// </summary>
/// <param name="channel">Where to send and read.</param>
/// <param name="isTls">Whether the channel runs over TLS, so that no reply can ask for it.</param>
internal sealed class OptionExchange(HandshakeChannel channel, bool isTls)
{
    private byte[] _data = new byte[512];

    /// <summary>Sends one option with its data.</summary>
    public async Task SendAsync(NbdOption option, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        byte[] message = new byte[OptionHeader.Size + data.Length];
        new OptionHeader(NbdMagic.HaveOption, option, (uint)data.Length).Write(message);
        data.CopyTo(message.AsMemory(OptionHeader.Size));
        await channel.WriteAsync(message, option.ToString(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Reads one reply to <paramref name="option"/>; its data lives in this object's buffer until the next.
    /// </summary>
    public async Task<OptionReply> ReceiveAsync(NbdOption option, CancellationToken cancellationToken)
    {
        string what = option.ToString();
        await channel.ReadAsync(_data.AsMemory(0, OptionReplyHeader.Size), what, cancellationToken)
            .ConfigureAwait(false);
        OptionReplyHeader header = OptionReplyHeader.Read(_data);
        if (header.Magic != NbdMagic.OptionReply)
        {
            throw NbdException.Protocol(
                $"a reply to {what} starts with 0x{header.Magic:x16} instead of 0x{NbdMagic.OptionReply:x16}");
        }

        if (header.Option != option)
        {
            throw NbdException.Protocol($"{what} was sent, but the reply is to option {(uint)header.Option}");
        }

        if (header.Length > NbdLimits.OptionReplyBytes)
        {
            throw NbdException.Protocol(
                $"a reply to {what} has {header.Length} bytes; the limit is {NbdLimits.OptionReplyBytes}");
        }

        int length = (int)header.Length;
        if (_data.Length < length)
        {
            _data = new byte[length];
        }

        await channel.ReadAsync(_data.AsMemory(0, length), what, cancellationToken).ConfigureAwait(false);
        OptionReply reply = new(option, header.Type, _data.AsMemory(0, length));
        if ((reply.Type == NbdOptionReply.Ack && length != 0)
            || (reply.Type == NbdOptionReply.ErrorTlsRequired && isTls))
        {
            throw reply.Unexpected();
        }

        return reply;
    }
}
