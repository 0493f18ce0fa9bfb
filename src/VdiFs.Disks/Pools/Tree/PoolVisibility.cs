using VdiFs.Disks.Pools.Owners;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Tree;

/// <summary>Which of a pool's objects are disks of somebody, and which are the pool's own machinery.</summary>
internal static class PoolVisibility
{
    private const string IsoLibrary = "iso";
    private const string RemovableDrives = "udev";
    private const string DiskDrive = "Disk";

    /// <summary>Whether a VM is shown: no dom0, no template. Snapshots are templates too and are judged as
    /// snapshots.</summary>
    public static bool IsShown(VmRecord vm) => !vm.IsControlDomain && (!vm.IsATemplate || vm.IsASnapshot);

    /// <summary>Whether an SR is shown: no library of CDs, no drive of a host.</summary>
    public static bool IsShown(SrRecord sr) =>
        sr.ContentType != IsoLibrary && sr.Type is not (IsoLibrary or RemovableDrives);

    /// <summary>
    /// Whether a VDI is a disk that a guest sees. Base copies (not managed), suspend images, statefiles, logs, metadata
    /// and what is left of a snapshot after data_destroy are not; nor are snapshots that a mount takes for itself.
    /// </summary>
    public static bool IsShown(VdiRecord vdi, PoolDatabase database) =>
        vdi is { Managed: true, Missing: false, IsToolsIso: false, Type: "user" or "system", VirtualSizeBytes: > 0 }
        && PoolOwner.Of(vdi) is null
        && (!database.Srs.TryGetValue(vdi.Sr, out SrRecord? sr) || IsShown(sr));

    /// <summary>Whether a VBD is a disk, with something in it.</summary>
    public static bool IsShown(VbdRecord vbd) => vbd is { Type: DiskDrive, Empty: false };
}
