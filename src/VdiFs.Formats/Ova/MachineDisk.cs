using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Ova;

/// <summary>A disk of a virtual machine.</summary>
/// <param name="Name">What people call it; any text.</param>
/// <param name="Identity">Whose content it is.</param>
/// <param name="Map">Its length and which parts of it hold data.</param>
public sealed record MachineDisk(string Name, DiskIdentity Identity, AllocationMap Map);
