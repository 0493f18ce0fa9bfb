using System.Globalization;
using VdiFs.Disks.Pools.Maps;
using VdiFs.Disks.Store;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools;

/// <summary>The blocks of a pool's snapshots that are kept from mount to mount.</summary>
/// <param name="store">Where; null: none are.</param>
internal sealed class SnapshotContent(BlockStore? store)
{
    /// <summary>Where the blocks of a VDI are kept; null when none are, since it may change.</summary>
    /// <param name="vdi">The VDI.</param>
    /// <param name="disk">Whether it is still what it was.</param>
    /// <param name="pool">The pool.</param>
    public StoredContent? Of(VdiRecord vdi, PoolDisk disk, IPool pool)
    {
        // What tells apart two maps of a VDI tells apart its content.
        if (store is null || !vdi.IsASnapshot || MapKey.Of(vdi) is not { } key)
        {
            return null;
        }

        string[] properties =
        [
            key.DiskLength.ToString(CultureInfo.InvariantCulture),
            key.UsedBytes.ToString(CultureInfo.InvariantCulture),
            key.SnapshotTime.UtcTicks.ToString(CultureInfo.InvariantCulture),
        ];
        return new StoredContent(store, ContentKey.Of(DiskOf(key), properties), disk.Name)
        {
            ThrowIfChanged = () => disk.ThrowUnlessSame(pool),
        };
    }

    /// <summary>Lets nothing of a VDI be kept any more: it was written to.</summary>
    public void Forget(VdiRecord vdi)
    {
        if (MapKey.Of(vdi) is { } key)
        {
            store?.Forget(ContentKey.DiskName(DiskOf(key)));
        }
    }

    // A VDI's uuid is its own in all pools.
    private static string DiskOf(MapKey key) => $"vdi:{key.Uuid:D}";
}
