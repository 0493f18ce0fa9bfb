namespace VdiFs.Disks.Failover;

/// <summary>A place by which a disk is recognised.</summary>
/// <param name="DiskOffset">Disk offset in bytes.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct DiskPage(long DiskOffset, int Length);
