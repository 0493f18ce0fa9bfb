using VdiFs.Disks.Catalogs;
using VdiFs.Xapi.Model;

namespace VdiFs.Disks.Pools.Tree;

/// <summary>What a VM is beside its disks.</summary>
internal static class VmMachine
{
    private const string Uefi = "uefi";
    private const string Bios = "bios";

    /// <summary>The machine that an appliance of this VM describes.</summary>
    public static CatalogMachine Of(VmRecord vm) => new(
        vm.NameLabel,
        (int)Math.Clamp(vm.MaxProcessors, 1, int.MaxValue),
        Math.Max(vm.MaxMemoryBytes, 0),
        FirmwareOf(vm) == Uefi);

    /// <summary>"uefi" or "bios"; the second when the pool says nothing.</summary>
    public static string FirmwareOf(VmRecord vm) =>
        vm.BootParameters.TryGetValue("firmware", out string? firmware) && firmware == Uefi ? Uefi : Bios;
}
