namespace VdiFs.Pool.Nbd;

/// <summary>What an option is answered with.</summary>
internal enum NbdOptionReply : uint
{
    Ack = 1,
    Unsupported = 0x80000001,
    Policy = 0x80000002,
    Invalid = 0x80000003,
    TlsRequired = 0x80000005,
}
