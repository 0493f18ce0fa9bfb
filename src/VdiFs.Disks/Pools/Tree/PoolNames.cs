using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Tree;

/// <summary>What a pool's objects are called in the tree. Any text; the tree escapes it and tells equal ones
/// apart.</summary>
internal static class PoolNames
{
    public static string Of(VmRecord vm) => NamedOr(vm.NameLabel, vm.Uuid);

    public static string Of(SrRecord sr) => NamedOr(sr.NameLabel, sr.Uuid);

    public static string Of(VdiRecord vdi) => NamedOr(vdi.NameLabel, vdi.Uuid);

    /// <summary>The name of a disk in its VM: the position comes first, so that a listing has the VM's order.</summary>
    public static string Of(VmDisk disk) => $"{disk.Vbd.UserDevice}-{Of(disk.Vdi)}";

    private static string NamedOr(string name, string uuid) => string.IsNullOrWhiteSpace(name) ? uuid : name;
}
