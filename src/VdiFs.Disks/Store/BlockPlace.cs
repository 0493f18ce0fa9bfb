namespace VdiFs.Disks.Store;

/// <summary>Where a block of a disk is kept.</summary>
/// <param name="Segment">The segment's number in its disk's index.</param>
/// <param name="Slot">The slot in it.</param>
internal readonly record struct BlockPlace(int Segment, int Slot);
