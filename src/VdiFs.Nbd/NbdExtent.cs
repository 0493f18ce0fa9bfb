namespace VdiFs.Nbd;

/// <summary>A run of bytes with one allocation status; its place follows from those before it.</summary>
/// <param name="Length">Bytes, at least 1.</param>
/// <param name="Flags">The status.</param>
public readonly record struct NbdExtent(long Length, NbdExtentFlags Flags);
