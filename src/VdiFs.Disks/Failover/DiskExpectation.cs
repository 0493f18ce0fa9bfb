namespace VdiFs.Disks.Failover;

/// <summary>What is known of a disk before any server was asked.</summary>
/// <param name="Length">
/// Its length in bytes. A server that has more is read up to here; one that has less has not got this disk.
/// </param>
/// <param name="MayChange">
/// Whether its content may change while it is read, as that of a running guest's disk does: then a server is recognised
/// by the length alone.
/// </param>
internal readonly record struct DiskExpectation(long Length, bool MayChange = false);
