namespace VdiFs.Judges.Images;

/// <summary>The image that a delta is read on top of.</summary>
/// <param name="Format">The format's name in the product.</param>
/// <param name="Path">The file, in the delta's directory.</param>
/// <param name="IsSeen">Whether any of its data is in the disk at all: else the delta reads right without it.</param>
internal sealed record ParentFile(string Format, string Path, bool IsSeen);
