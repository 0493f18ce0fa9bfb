namespace VdiFs.Formats.Reading;

/// <summary>A stretch of a file.</summary>
/// <param name="Start">Its first file offset.</param>
/// <param name="End">The file offset behind its last byte.</param>
internal readonly record struct ClaimedRun(long Start, long End);
