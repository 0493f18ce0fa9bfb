using VdiFs.Formats.Allocation;

namespace VdiFs.Formats.Ova;

/// <summary>A disk as the descriptor of an appliance refers to it.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="FileName">The member of the archive.</param>
/// <param name="FileLength">That member's bytes.</param>
/// <param name="Map">The disk's length and which parts of it hold data.</param>
internal sealed record OvfDisk(string Name, string FileName, long FileLength, AllocationMap Map);
