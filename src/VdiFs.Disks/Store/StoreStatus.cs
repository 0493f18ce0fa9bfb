namespace VdiFs.Disks.Store;

/// <summary>How the store is now, and what it has done since the mount.</summary>
/// <param name="Directory">Where its files are.</param>
/// <param name="SizeBytes">What they may take.</param>
/// <param name="UsedBytes">What they take, as last looked at; files of other mounts in the directory included.</param>
/// <param name="Hits">Blocks that were read from it.</param>
/// <param name="Misses">Blocks of disks that it keeps which had to be fetched.</param>
/// <param name="BytesRead">Bytes read from it, verified.</param>
/// <param name="Written">Blocks written to it.</param>
/// <param name="BytesWritten">Bytes of those.</param>
/// <param name="Skipped">Blocks that were not written: too many waited, or there was trouble.</param>
/// <param name="Evicted">Files deleted to make room.</param>
/// <param name="Damaged">Blocks that were not what had been written, and were fetched instead.</param>
/// <param name="Trouble">Why nothing is written just now; null while that is not so.</param>
public sealed record StoreStatus(
    string Directory,
    long SizeBytes,
    long UsedBytes,
    long Hits,
    long Misses,
    long BytesRead,
    long Written,
    long BytesWritten,
    long Skipped,
    long Evicted,
    long Damaged,
    string? Trouble);
