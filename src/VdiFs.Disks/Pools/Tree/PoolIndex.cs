using System.Globalization;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Tree;

/// <summary>
/// What of one moment of a pool is shown, and how it hangs together: one pass over the database, whatever is looked at
/// later. Immutable.
/// </summary>
internal sealed class PoolIndex
{
    private readonly Dictionary<OpaqueRef, List<VmRecord>> _snapshots = [];
    private readonly Dictionary<OpaqueRef, List<VdiRecord>> _vdisOfSrs = [];
    private readonly IReadOnlyList<VmRecord> _vms;

    public PoolIndex(PoolDatabase database)
    {
        Database = database;
        Vdis = [.. Sorted(database.Vdis.Values.Where(vdi => PoolVisibility.IsShown(vdi, database)), vdi => vdi.Uuid)];
        foreach (VdiRecord vdi in Vdis)
        {
            Add(_vdisOfSrs, vdi.Sr, vdi);
        }

        List<VmRecord> vms = [];
        _vms = [.. Sorted(database.Vms.Values.Where(PoolVisibility.IsShown), vm => vm.Uuid)];
        foreach (VmRecord vm in _vms)
        {
            if (!vm.IsASnapshot || !database.Vms.TryGetValue(vm.SnapshotOf, out VmRecord? original))
            {
                // A snapshot outlives its VM: then it stands among the VMs.
                vms.Add(vm);
            }
            else if (PoolVisibility.IsShown(original))
            {
                Add(_snapshots, vm.SnapshotOf, vm);
            }
        }

        Vms = [.. Sorted(vms, PoolNames.Of, vm => vm.Uuid)];
        Srs = [.. Sorted(database.Srs.Values.Where(PoolVisibility.IsShown), PoolNames.Of, sr => sr.Uuid)];
    }

    /// <summary>What this is the index of.</summary>
    public PoolDatabase Database { get; }

    /// <summary>All disks, by uuid.</summary>
    public IReadOnlyList<VdiRecord> Vdis { get; }

    /// <summary>VMs, and snapshots whose VM is gone, by name.</summary>
    public IReadOnlyList<VmRecord> Vms { get; }

    /// <summary>SRs that may hold disks, by name.</summary>
    public IReadOnlyList<SrRecord> Srs { get; }

    /// <summary>
    /// Whether another moment of the pool shows the same. Most of what happens in a pool shows nowhere: each connection
    /// to a disk is a VBD of a dom0.
    /// </summary>
    public bool ShowsTheSame(PoolIndex other) =>
        Vdis.Count == other.Vdis.Count
        && Srs.Count == other.Srs.Count
        && _vms.Count == other._vms.Count
        && Vdis.Zip(other.Vdis).All(pair => LooksTheSame(pair.First, pair.Second))
        && Srs.Zip(other.Srs).All(pair => LooksTheSame(pair.First, pair.Second))
        && _vms.Zip(other._vms).All(pair => LooksTheSame(pair.First, pair.Second, other.Database));

    /// <summary>The snapshots of a VM, oldest first.</summary>
    public IReadOnlyList<VmRecord> SnapshotsOf(VmRecord vm) =>
        _snapshots.TryGetValue(vm.Ref, out List<VmRecord>? snapshots)
            ? [.. snapshots
                .OrderBy(snapshot => snapshot.SnapshotTime)
                .ThenBy(snapshot => snapshot.Uuid, StringComparer.Ordinal)]
            : [];

    /// <summary>The disks in an SR, by name.</summary>
    public IReadOnlyList<VdiRecord> VdisOf(SrRecord sr) =>
        _vdisOfSrs.TryGetValue(sr.Ref, out List<VdiRecord>? vdis)
            ? [.. Sorted(vdis, PoolNames.Of, vdi => vdi.Uuid)]
            : [];

    /// <summary>The disks of a VM or of a snapshot of one, by position.</summary>
    public IReadOnlyList<VmDisk> DisksOf(VmRecord vm)
    {
        List<VmDisk> disks = [];
        foreach (OpaqueRef place in vm.Vbds)
        {
            if (Database.Vbds.TryGetValue(place, out VbdRecord? vbd)
                && PoolVisibility.IsShown(vbd)
                && Database.Vdis.TryGetValue(vbd.Vdi, out VdiRecord? vdi)
                && PoolVisibility.IsShown(vdi, Database))
            {
                disks.Add(new VmDisk(vbd, vdi));
            }
        }

        return [.. disks
            .OrderBy(disk => Position(disk.Vbd))
            .ThenBy(disk => disk.Vbd.UserDevice, StringComparer.Ordinal)
            .ThenBy(disk => disk.Vdi.Uuid, StringComparer.Ordinal)];
    }

    private static bool LooksTheSame(VdiRecord one, VdiRecord two) =>
        ReferenceEquals(one, two)
        || (one.Ref == two.Ref
            && one.Uuid == two.Uuid
            && one.NameLabel == two.NameLabel
            && one.NameDescription == two.NameDescription
            && one.Sr == two.Sr
            && one.VirtualSizeBytes == two.VirtualSizeBytes
            && one.IsASnapshot == two.IsASnapshot
            && one.SnapshotTime == two.SnapshotTime);

    private static bool LooksTheSame(SrRecord one, SrRecord two) =>
        one.Ref == two.Ref && one.Uuid == two.Uuid && one.NameLabel == two.NameLabel;

    private bool LooksTheSame(VmRecord one, VmRecord two, PoolDatabase later) =>
        ReferenceEquals(one, two)
        && one.Vbds.All(vbd => ReferenceEquals(
            Database.Vbds.GetValueOrDefault(vbd), later.Vbds.GetValueOrDefault(vbd)));

    private static int Position(VbdRecord vbd) =>
        int.TryParse(vbd.UserDevice, NumberStyles.None, CultureInfo.InvariantCulture, out int position)
            ? position
            : int.MaxValue;

    private static IEnumerable<T> Sorted<T>(IEnumerable<T> records, Func<T, string> key) =>
        records.OrderBy(key, StringComparer.Ordinal);

    private static IEnumerable<T> Sorted<T>(IEnumerable<T> records, Func<T, string> name, Func<T, string> uuid) =>
        records.OrderBy(name, StringComparer.Ordinal).ThenBy(uuid, StringComparer.Ordinal);

    private static void Add<T>(Dictionary<OpaqueRef, List<T>> lists, OpaqueRef key, T record)
    {
        if (!lists.TryGetValue(key, out List<T>? list))
        {
            lists[key] = list = [];
        }

        list.Add(record);
    }
}
