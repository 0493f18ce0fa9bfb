namespace VdiFs.Tests.Nbd.Faults.Lies;

/// <summary>All lies by name.</summary>
internal static class LieTable
{
    public static readonly IReadOnlyDictionary<string, Lie> All =
        ((Lie[])
        [
            .. HandshakeLies.All, .. MagicLies.All, .. ReadLies.All, .. StatusLies.All, .. SecondConnectionLies.All,
        ])
        .ToDictionary(lie => lie.Name);
}
