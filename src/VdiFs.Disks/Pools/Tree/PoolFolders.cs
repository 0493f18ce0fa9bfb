using VdiFs.Disks.Catalogs;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Tree;

/// <summary>
/// The directories of a pool: <c>vms/VM/DISK</c>, <c>vms/VM/vm.json</c>, <c>vms/VM/snapshots/SNAPSHOT/DISK</c>,
/// <c>srs/SR/DISK</c> and <c>vdis/UUID</c>. Each is filled when somebody looks into it.
/// </summary>
/// <param name="index">What is shown.</param>
/// <param name="time">The time that directories bear which have none of their own.</param>
/// <param name="entryOf">The entry of a disk; null when it is no more.</param>
internal sealed class PoolFolders(PoolIndex index, DateTimeOffset time, Func<VdiRecord, DiskEntry?> entryOf)
{
    public const string Vms = "vms";
    public const string Srs = "srs";
    public const string Vdis = "vdis";
    public const string Snapshots = "snapshots";
    public const string VmFile = "vm.json";

    /// <summary>The directory that has all others.</summary>
    public CatalogFolder Root() => new("", "", time, () => new CatalogContent(
        [
            Folder(Vms, () => new CatalogContent([.. index.Vms.Select(VmFolder)], [], [])),
            Folder(Srs, () => new CatalogContent([.. index.Srs.Select(SrFolder)], [], [])),
            Folder(Vdis, () => new CatalogContent([], Disks(index.Vdis, vdi => vdi.Uuid), [])),
        ],
        [],
        []));

    private CatalogFolder Folder(string name, Func<CatalogContent> read) => new(name, name, time, read);

    private CatalogFolder VmFolder(VmRecord vm) => new(PoolNames.Of(vm), vm.Uuid, TimeOf(vm), () => VmContent(vm));

    private CatalogFolder SrFolder(SrRecord sr) => new(
        PoolNames.Of(sr), sr.Uuid, time, () => new CatalogContent([], Disks(index.VdisOf(sr), PoolNames.Of), []));

    private CatalogContent VmContent(VmRecord vm)
    {
        IReadOnlyList<VmRecord> snapshots = index.SnapshotsOf(vm);
        IReadOnlyList<VmDisk> disks = index.DisksOf(vm);
        return new CatalogContent(
            snapshots.Count == 0
                ? []
                : [new CatalogFolder(
                    Snapshots,
                    Snapshots,
                    TimeOf(snapshots[^1]),
                    () => new CatalogContent([.. snapshots.Select(VmFolder)], [], []))],
            Disks(disks, PoolNames.Of, disk => disk.Vdi),
            [new CatalogDocument(VmFile, TimeOf(vm), () => VmDocument.Write(vm, disks))])
        {
            Machine = VmMachine.Of(vm),
        };
    }

    private DateTimeOffset TimeOf(VmRecord vm) => vm.IsASnapshot ? vm.SnapshotTime : time;

    private List<CatalogDisk> Disks(IReadOnlyList<VdiRecord> vdis, Func<VdiRecord, string> name) =>
        Disks(vdis, name, vdi => vdi);

    private List<CatalogDisk> Disks<T>(IReadOnlyList<T> places, Func<T, string> name, Func<T, VdiRecord> vdi)
    {
        List<CatalogDisk> disks = new(places.Count);
        foreach (T place in places)
        {
            if (entryOf(vdi(place)) is { } entry)
            {
                disks.Add(new CatalogDisk(name(place), entry));
            }
        }

        return disks;
    }
}
