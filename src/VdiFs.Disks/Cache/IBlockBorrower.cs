namespace VdiFs.Disks.Cache;

/// <summary>Receives pieces of cache blocks, in the order of the disk, to send them without copying.</summary>
public interface IBlockBorrower
{
    /// <summary>Takes a piece; the receiver disposes the lease when it no longer reads the bytes.</summary>
    /// <param name="address">Where the piece starts; stable until the lease is disposed.</param>
    /// <param name="length">Its length in bytes, 1 or more.</param>
    /// <param name="lease">One reference to the block the piece lies in.</param>
    void Borrow(nint address, int length, CacheBlock lease);
}
