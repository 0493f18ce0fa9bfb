using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Maps;

/// <summary>
/// Which content a kept map is the map of. The bytes in use are part of it: a snapshot that somebody wrote to all the
/// same, and so has more in it than its map tells, has more of them.
/// </summary>
/// <param name="Uuid">The VDI's uuid.</param>
/// <param name="DiskLength">Its length in bytes.</param>
/// <param name="UsedBytes">What it takes in its SR.</param>
/// <param name="SnapshotTime">When it was taken.</param>
internal sealed record MapKey(Guid Uuid, long DiskLength, long UsedBytes, DateTimeOffset SnapshotTime)
{
    /// <summary>The key of a snapshot; null for a VDI whose uuid is none: its map is not kept.</summary>
    public static MapKey? Of(VdiRecord vdi) =>
        Guid.TryParseExact(vdi.Uuid, "D", out Guid uuid)
            ? new MapKey(uuid, vdi.VirtualSizeBytes, vdi.PhysicalUtilisationBytes, vdi.SnapshotTime)
            : null;
}
