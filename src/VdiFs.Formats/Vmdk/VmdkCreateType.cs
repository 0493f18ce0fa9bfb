namespace VdiFs.Formats.Vmdk;

/// <summary>The kinds of VMDK that this room writes, by their names in the descriptor.</summary>
internal static class VmdkCreateType
{
    internal const string Sparse = "monolithicSparse";
    internal const string Stream = "streamOptimized";
    internal const string Flat = "monolithicFlat";
}
