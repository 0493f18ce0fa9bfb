namespace VdiFs.Simulation.Servers;

/// <summary>Spoils a message of the handshake in a way that a careful client notices.</summary>
internal static class HandshakeLies
{
    /// <summary>Changes the magic number, the option that is answered, or the length. Where there are none, as in the
    /// answer to EXPORT_NAME, the size becomes more than any disk has.</summary>
    public static void Spoil(Span<byte> message, Random chance)
    {
        const int OptionOffset = 8;
        const int LengthOffset = 16;
        bool isOptionReply = message.Length >= 20 && message[0] == 0 && message[1] == 3 && message[2] == 0xe8;
        int place = isOptionReply ? chance.Next(3) : 0;
        switch (place)
        {
            case 1:
                message[OptionOffset + 3] ^= (byte)(1 << chance.Next(8));
                break;
            case 2:
                message[LengthOffset] |= 0x80;
                break;
            default:
                // The first bit of a magic number, or of a size.
                message[0] ^= 0x80;
                break;
        }
    }
}
