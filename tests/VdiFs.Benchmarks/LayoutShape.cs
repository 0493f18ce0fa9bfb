namespace VdiFs.Benchmarks;

/// <summary>An image whose layout is measured.</summary>
/// <param name="Format">The format's name.</param>
/// <param name="Gibibytes">The disk's length.</param>
/// <param name="OneIn">Every n-th granule is allocated.</param>
public readonly record struct LayoutShape(string Format, int Gibibytes, int OneIn)
{
    /// <summary>As it stands in the table.</summary>
    public override string ToString() => $"{Format}, {Gibibytes} GiB";
}
