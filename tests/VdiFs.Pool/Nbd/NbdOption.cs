namespace VdiFs.Pool.Nbd;

/// <summary>The options that xapi-nbd tells apart; all others are one to it.</summary>
internal enum NbdOption : uint
{
    ExportName = 1,
    Abort = 2,
    List = 3,
    StartTls = 5,
}
