namespace VdiFs.Disks.Cache;

/// <summary>What one disk holds of the mount's memory.</summary>
/// <param name="giveUpIdleFetches">Ends the disk's fetches that nobody waits for.</param>
internal sealed class DiskShare(Action giveUpIdleFetches)
{
    /// <summary>Blocks promised to reads of the disk, or being filled; belongs to the budget.</summary>
    public int Held { get; set; }

    /// <summary>When a read of the disk was last passed over in the line, in rounds of it; belongs to the
    /// budget.</summary>
    public long PassedOverIn { get; set; }

    /// <summary>Ends the disk's fetches that nobody waits for: their memory is wanted.</summary>
    public void GiveUpIdleFetches() => giveUpIdleFetches();
}
