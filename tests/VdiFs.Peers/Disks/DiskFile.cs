namespace VdiFs.Peers.Disks;

/// <summary>A raw image that is served.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Size">Its length in bytes.</param>
/// <param name="Allocated">Bytes of it that are data.</param>
internal sealed record DiskFile(string Path, long Size, long Allocated);
