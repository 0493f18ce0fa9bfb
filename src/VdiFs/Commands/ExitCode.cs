namespace VdiFs.Commands;

/// <summary>What the program ends with.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;
}
