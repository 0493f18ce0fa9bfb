namespace VdiFs.Options;

/// <summary>Permission bits, written in octal.</summary>
internal readonly record struct PermissionBits(int Bits)
{
    public override string ToString() => Convert.ToString(Bits, toBase: 8).PadLeft(4, '0');
}
