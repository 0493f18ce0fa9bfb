namespace VdiFs.Disks.Cache;

/// <summary>Names one cache block: a disk of this process and the block's number on it.</summary>
internal readonly record struct BlockKey(int DiskNumber, long BlockNumber);
