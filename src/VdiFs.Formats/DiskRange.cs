namespace VdiFs.Formats;

/// <summary>A stretch of a disk, which may reach past its end: there it reads as zeros.</summary>
/// <param name="Offset">A disk offset.</param>
/// <param name="Length">Bytes, at least 1.</param>
/// <param name="Disk">Which disk, in a file that shows several; else 0.</param>
public readonly record struct DiskRange(long Offset, long Length, int Disk = 0);
