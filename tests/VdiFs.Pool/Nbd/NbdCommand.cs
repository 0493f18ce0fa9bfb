namespace VdiFs.Pool.Nbd;

/// <summary>The commands that xapi-nbd tells apart. It compares flags and type as one number.</summary>
internal enum NbdCommand : uint
{
    Read = 0,
    Write = 1,
    Disconnect = 2,
}
