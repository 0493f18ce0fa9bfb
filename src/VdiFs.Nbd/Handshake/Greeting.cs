using System.Buffers.Binary;
using VdiFs.Nbd.Protocol;

namespace VdiFs.Nbd.Handshake;

/// <summary>
/// The first exchange: magic numbers, handshake flags, client flags (proto.md, "Newstyle negotiation").
/// </summary>
internal static class Greeting
{
    /// <summary>Greets back; returns the flags that both sides have.</summary>
    public static async Task<NbdHandshakeFlags> ExchangeAsync(
        HandshakeChannel channel, CancellationToken cancellationToken)
    {
        // The old style says what it is in the first sixteen bytes, and its next field is no handshake flag.
        byte[] buffer = new byte[ServerGreeting.Size];
        await channel.ReadAsync(buffer.AsMemory(0, 8), "the greeting", cancellationToken).ConfigureAwait(false);
        ulong init = BinaryPrimitives.ReadUInt64BigEndian(buffer);
        if (init != NbdMagic.Init)
        {
            throw new NbdException(
                NbdErrorKind.HandshakeFailed,
                $"this is no NBD server: expected NBDMAGIC, found 0x{init:x16}");
        }

        await channel.ReadAsync(buffer.AsMemory(8), "the greeting", cancellationToken).ConfigureAwait(false);
        ServerGreeting greeting = ServerGreeting.Read(buffer);
        if (greeting.StyleMagic == NbdMagic.OldStyle)
        {
            throw new NbdException(
                NbdErrorKind.HandshakeFailed,
                "the server speaks only the old style of NBD, given up in 2015; start it without its old-style option");
        }

        if (greeting.StyleMagic != NbdMagic.HaveOption)
        {
            throw NbdException.Protocol($"expected IHAVEOPT in the greeting, found 0x{greeting.StyleMagic:x16}");
        }

        NbdHandshakeFlags shared = greeting.Flags & (NbdHandshakeFlags.FixedNewstyle | NbdHandshakeFlags.NoZeroes);
        byte[] answer = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(answer, (uint)shared);
        await channel.WriteAsync(answer, "the greeting", cancellationToken).ConfigureAwait(false);
        return shared;
    }
}
