namespace VdiFs.Disks.Catalogs;

/// <summary>A virtual machine of which a catalog has the disks: what an appliance of it says.</summary>
/// <param name="Name">What people call it; any text.</param>
/// <param name="Processors">How many processors it has, 1 or more.</param>
/// <param name="MemoryBytes">How much memory it has.</param>
/// <param name="IsUefi">Whether it boots by UEFI; else by BIOS.</param>
public sealed record CatalogMachine(string Name, int Processors, long MemoryBytes, bool IsUefi);
